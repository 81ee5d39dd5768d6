import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { endProcesses } from '../lib/children.mjs';
import { readJson, writeWhole } from '../lib/files.mjs';
import { identify, isAlive, markedProcesses } from '../lib/process-table.mjs';
import { say } from '../lib/say.mjs';
import { startPostgres } from '../services/postgres.mjs';
import { startRedis } from '../services/redis.mjs';

const PREFIX = 'berth-test-';

/** Ends and removes what test runs left that were killed; runs that still go on are theirs. */
async function removeLeftovers() {
  const mine = readdirSync(tmpdir())
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(tmpdir(), name))
    .filter((folder) => statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid());
  for (const folder of mine) {
    const record = readJson(join(folder, 'owner.json'));
    if (!record || isAlive(record.owner)) continue;
    say('test', 'removing what a killed test run left');
    await endProcesses([...markedProcesses(record.mark).map(identify), ...Object.values(record.services).filter(isAlive)], {
      graceMs: 3000,
    });
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A Postgres and a Redis for one test run, in a temporary folder, without waiting for disks.
 * @returns {Promise<{ databaseUrl: string, redisUrl: string, mark: string, folder: string, end(): Promise<void> }>} the database user is a superuser
 */
export class TestServices {
  #record;

  constructor(stop) {
    this.stop = stop;
  }

  async start() {
    await removeLeftovers();
    this.folder = mkdtempSync(join(tmpdir(), PREFIX));
    this.mark = `test-${randomBytes(8).toString('hex')}`;
    this.#record = { owner: identify(process.pid), mark: this.mark, services: {} };
    this.#write();
    mkdirSync(join(this.folder, 'logs'));
    this.postgres = await this.#own('postgres', startPostgres);
    this.redis = await this.#own('redis', startRedis);
  }

  #own(name, startService) {
    return startService({
      folder: join(this.folder, name),
      logFile: join(this.folder, 'logs', `${name}.log`),
      password: randomBytes(16).toString('hex'),
      mark: this.mark,
      stop: this.stop,
      throwAway: true,
      onChild: (child) => {
        this.#record.services[name] = child.identity;
        this.#write();
      },
    });
  }

  #write() {
    writeWhole(join(this.folder, 'owner.json'), JSON.stringify(this.#record), 0o600);
  }

  /** Ends what the run started and still runs (programs under test included), then the services; removes the folder. */
  async end() {
    if (!this.folder) return;
    const services = Object.values(this.#record.services);
    const isService = (each) => services.some(({ pid }) => pid === each.pid);
    const left = markedProcesses(this.mark)
      .map(identify)
      .filter((each) => !isService(each));
    await endProcesses(left, { graceMs: 3000 });
    // SIGQUIT: Postgres stops at once, nobody keeps this data.
    await endProcesses(services, { name: 'SIGQUIT', graceMs: 3000 });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
