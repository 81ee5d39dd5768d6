import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endProcesses } from '../lib/children.mjs';
import { descendants, processesIn } from '../lib/process-table.mjs';
import { startPostgres } from './postgres.mjs';
import { requirePostgres } from './postgres-client.mjs';
import { requireRedis } from './redis-client.mjs';
import { startRedis } from './redis.mjs';

const stop = { throwIfRequested: () => {}, race: (promise) => promise, sleep, hurry: undefined };
const password = 'canary-password-of-a-service';

let folder;
let children;
const facts = (name) => ({
  folder: join(folder, name),
  logFile: join(folder, `${name}.log`),
  password,
  mark: 'spec',
  stop,
  onChild: (child) => children.push(child),
});

beforeEach(() => {
  // Closed to others, as a folder below /root is: Postgres works in it also as root's stand-in.
  folder = mkdtempSync(join(tmpdir(), 'berth-services-'));
  children = [];
});

afterEach(async () => {
  await endProcesses(
    children.map(({ identity }) => identity),
    { name: 'SIGINT', graceMs: 5000 },
  );
  rmSync(folder, { recursive: true, force: true });
});

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Sends one Redis command line after signing in; answers what comes back. */
function ask(url, line) {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`AUTH default ${password}\r\n${line}\r\n`));
    socket.once('error', reject);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
      if (!/^\+OK\r\n[\s\S]+\r\n$/.test(answer)) return;
      socket.destroy();
      resolve(answer.slice('+OK\r\n'.length));
    });
  });
}

const commandLine = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

describe('own Postgres', () => {
  it('lets in only who knows its password, which stands in no argument and no log, and keeps its promises to the disk', async () => {
    const service = await startPostgres(facts('postgres'));
    expect(await query(service.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await expect(requirePostgres(service.url.replace(password, 'wrong'))).rejects.toThrow(
      /^cannot use DATABASE_URL \(127\.0\.0\.1:\d+\): password authentication failed/,
    );
    await expect(query(service.url, `SELECT 1 FROM nowhere WHERE 'canary-literal' = ''`)).rejects.toThrow('nowhere');
    for (const pid of [service.child.pid, ...descendants(service.child.pid)]) expect(commandLine(pid)).not.toContain(password);
    expect(readFileSync(join(folder, 'postgres.log'), 'utf8')).not.toContain('canary');
  });

  it('comes back after SIGKILL with its data, on its port', async () => {
    const service = await startPostgres(facts('postgres'));
    const { url } = service;
    await query(url, 'CREATE TABLE kept (it int)');
    process.kill(service.child.pid, 'SIGKILL');
    await service.child.exited;
    await service.start();
    expect(service.url).toBe(url);
    expect(await query(url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
    expect(processesIn(join(folder, 'postgres'), ['postgres'])).toContain(service.child.pid);
  });
});

describe('own Redis', () => {
  it('lets in only who knows its password, evicts nothing and writes its log every second', async () => {
    const service = await startRedis(facts('redis'));
    await expect(requireRedis(service.url)).resolves.toBeUndefined();
    await expect(requireRedis(service.url.replace(password, 'wrong'))).rejects.toThrow(
      /^cannot use REDIS_URL \(127\.0\.0\.1:\d+\): WRONGPASS/,
    );
    await expect(requireRedis(service.url.replace(`default:${password}@`, ''))).rejects.toThrow(/NOAUTH/);
    expect(await ask(service.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await ask(service.url, 'CONFIG GET appendfsync')).toContain('everysec');
    expect(await ask(service.url, 'CONFIG GET appendonly')).toContain('yes');
    expect(commandLine(service.child.pid)).not.toContain(password);
    expect(readFileSync(join(folder, 'redis.log'), 'utf8')).not.toContain(password);
  });

  it('comes back after SIGKILL with what it had written, on its port', async () => {
    const service = await startRedis(facts('redis'));
    const { url } = service;
    await ask(url, 'SET kept 1');
    // The log is written to disk every second.
    await sleep(1100);
    process.kill(service.child.pid, 'SIGKILL');
    await service.child.exited;
    await service.start();
    expect(service.url).toBe(url);
    expect(await ask(url, 'GET kept')).toContain('1');
    expect(processesIn(join(folder, 'redis'), ['redis-server', 'valkey-server'])).toEqual([service.child.pid]);
  });
});

describe('services that cannot be reached', () => {
  it.each([
    ['postgres://u:canary@127.0.0.1:1/db', requirePostgres, /^cannot use DATABASE_URL \(127\.0\.0\.1:1\): .*ECONNREFUSED.*unset it/],
    ['not a url', requirePostgres, /^DATABASE_URL is not a URL/],
    ['redis://:canary@127.0.0.1:1', requireRedis, /^cannot use REDIS_URL \(127\.0\.0\.1:1\): .*ECONNREFUSED.*unset it/],
    ['http://127.0.0.1:1', requireRedis, /^REDIS_URL is not a URL/],
  ])('%s is named without its password', async (url, requireService, message) => {
    await expect(requireService(url)).rejects.toThrow(message);
    await expect(requireService(url)).rejects.not.toThrow(/canary|\n/);
  });
});
