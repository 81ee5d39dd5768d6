import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { Canaries } from './harness/canaries.js';
import { commandLineOf, environmentOf, identify, signal } from './harness/process-table.js';
import { BerthStart, leftOf, processesOf } from './start/berth-start.js';
import type { LaunchOptions } from './start/berth-start.js';

let dataFolder: string;
let starts: BerthStart[];

const launch = (options: Partial<LaunchOptions> = {}): BerthStart => {
  const start = new BerthStart({ dataFolder, ...options });
  starts.push(start);
  return start;
};

beforeEach(() => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'berth-start-')));
  starts = [];
});

afterEach(async () => {
  for (const start of starts) start.send('SIGTERM');
  await Promise.all(starts.map((start) => start.ended()));
  for (const { pid } of processesOf(dataFolder)) signal(pid, 'SIGKILL');
  rmSync(dataFolder, { recursive: true, force: true });
});

/** A full start, answered by `/ready`, then an orderly stop that leaves nothing. */
async function expectNextStartWorks(): Promise<void> {
  const next = launch();
  await next.ready();
  expect((await fetch(`${next.address}/ready`)).status).toBe(200);
  next.interrupt();
  expect(await next.ended()).toBe(0);
  expect(leftOf(dataFolder)).toEqual([]);
}

const PHASES: [name: string, line: RegExp][] = [
  ['initdb', /^postgres +initdb/m],
  ['postgres', /^postgres +starting/m],
  ['redis', /^redis +starting/m],
  ['build', /^build +building/m],
  ['migrate', /^migrate /m],
  ['apps', /^apps /m],
  ['ready', /^Stop with Ctrl\+C/m],
];

describe('SIGINT leaves no process, and the next start works', () => {
  it.each(PHASES)('during %s', async (_, line) => {
    const start = launch();
    await start.reached(line);
    start.interrupt();
    expect(await start.ended()).toBe(0);
    expect(leftOf(dataFolder)).toEqual([]);
    await expectNextStartWorks();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('also when only npm itself gets %s', async (name) => {
    const start = launch();
    await start.ready();
    start.send(name);
    await start.ended();
    await eventually(() => leftOf(dataFolder).length === 0, { within: 30_000, what: 'nothing left' });
    await expectNextStartWorks();
  });
});

describe('after a SIGKILL', () => {
  it('the next start ends what was left and doubles nothing', async () => {
    const killed = launch();
    await killed.ready();
    const before = killed.run();
    await killed.kill();
    expect(leftOf(dataFolder).length).toBeGreaterThan(0);

    const next = launch();
    await next.ready();
    expect(next.stdout).toMatch(/the last start was killed: ending \d+ processes/);
    const after = next.run();
    const known = [after.start, ...after.gateways, ...after.workers, after.postgres, after.redis].map(({ pid }) => pid);
    expect(new Set(known).size).toBe(5);
    const old = [...before.gateways, ...before.workers, before.postgres, before.redis].map(({ pid }) => identify(pid));
    expect(old).toEqual([undefined, undefined, undefined, undefined]);
    expect((await fetch(`${next.address}/ready`)).status).toBe(200);
  });

  it('of a gateway, the worker, Postgres or Redis: each is started again and serves', async () => {
    const start = launch();
    await start.ready();
    const first = start.run();
    for (const { pid } of [...first.gateways, ...first.workers, first.postgres, first.redis]) signal(pid, 'SIGKILL');
    await eventually(
      async () => {
        const now = start.run();
        const all = [...now.gateways, ...now.workers, now.postgres, now.redis].map(({ pid }) => pid);
        const replaced = [...first.gateways, ...first.workers, first.postgres, first.redis].every(({ pid }) => !all.includes(pid));
        return (
          replaced &&
          (await fetch(`${start.address}/ready`).then(
            (answer) => answer.ok,
            () => false,
          ))
        );
      },
      { within: 60_000, every: 200, what: 'everything runs again' },
    );
    start.interrupt();
    expect(await start.ended()).toBe(0);
    expect(leftOf(dataFolder)).toEqual([]);
  });
});

describe('given services', () => {
  it('are used, and none of its own is started', async () => {
    const databaseUrl = new URL(process.env['BERTH_TEST_DATABASE_URL'] ?? '');
    databaseUrl.pathname = `/start_${randomBytes(6).toString('hex')}`;
    const start = launch({ env: { DATABASE_URL: databaseUrl.href, REDIS_URL: process.env['BERTH_TEST_REDIS_URL'] ?? '' } });
    await start.ready();
    expect(start.run()).toMatchObject({ postgres: null, redis: null });
    expect((await fetch(`${start.address}/ready`)).status).toBe(200);
    start.interrupt();
    expect(await start.ended()).toBe(0);
    expect(leftOf(dataFolder)).toEqual([]);
  });
});

describe('what cannot work ends with one clear line and exit code 1', () => {
  const oneLine = (text: string): string => {
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    return lines[0] ?? '';
  };

  it('a second start beside the first', async () => {
    const first = launch();
    await first.ready();
    const second = launch({ through: 'node' });
    expect(await second.ended()).toBe(1);
    expect(oneLine(second.stderr)).toMatch(/^berth: already running with the data in .* \(pid \d+, http:\S+\): /);
    expect((await fetch(`${first.address}/ready`)).status).toBe(200);
  });

  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const start = launch({ through: 'node', env: { PORT: String(port) } });
    expect(await start.ended()).toBe(1);
    server.close();
    expect(oneLine(start.stderr)).toBe(`berth: port ${port} on 127.0.0.1 is in use by another program: set PORT to a free one`);
    expect(leftOf(dataFolder)).toEqual([]);
  });

  it('an unreachable DATABASE_URL, whose password is not shown', async () => {
    const start = launch({ through: 'node', env: { DATABASE_URL: 'postgres://berth:canary-password@127.0.0.1:1/berth' } });
    expect(await start.ended()).toBe(1);
    expect(oneLine(start.stderr)).toMatch(/^berth: cannot use DATABASE_URL \(127\.0\.0\.1:1\): .*ECONNREFUSED/);
    expect(start.stdout + start.stderr).not.toContain('canary-password');
    expect(leftOf(dataFolder)).toEqual([]);
  });

  it('an unreachable REDIS_URL', async () => {
    const start = launch({ through: 'node', env: { REDIS_URL: 'redis://:canary-password@127.0.0.1:1' } });
    expect(await start.ended()).toBe(1);
    expect(oneLine(start.stderr)).toMatch(/^berth: cannot use REDIS_URL \(127\.0\.0\.1:1\): .*ECONNREFUSED/);
    expect(start.stdout + start.stderr).not.toContain('canary-password');
  });
});

describe('secrets', () => {
  it('reach whom they are for, and no log, no argument, no one else', async () => {
    const canaries = new Canaries();
    const modelKey = canaries.make('model-key');
    const env = {
      ANTHROPIC_API_KEY: modelKey,
      BERTH_SECRET: canaries.make('secret'),
      BERTH_ADMIN_EMAIL: 'owner@example.com',
      BERTH_ADMIN_PASSWORD: canaries.make('admin-password'),
    };
    const start = launch({ args: ['--gateways', '2', '--workers', '2'], env });
    await start.ready();
    const run = start.run();
    expect([run.gateways.length, run.workers.length]).toEqual([2, 2]);
    const ownerPassword = canaries.add('database-owner', readFileSync(join(dataFolder, 'secrets', 'postgres'), 'utf8').trim());
    const redisPassword = canaries.add('redis', readFileSync(join(dataFolder, 'secrets', 'redis'), 'utf8').trim());
    const secrets = [modelKey, env.BERTH_SECRET, env.BERTH_ADMIN_PASSWORD, ownerPassword, redisPassword];

    for (const { pid } of run.gateways) expect(environmentOf(pid)).not.toContain(modelKey);
    for (const { pid } of run.workers) expect(environmentOf(pid)).toContain(modelKey);
    for (const { pid } of [...run.gateways, ...run.workers]) expect(environmentOf(pid)).not.toContain(ownerPassword);
    const commandLines = processesOf(dataFolder).map(({ pid }) => commandLineOf(pid));
    expect(commandLines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);

    start.interrupt();
    expect(await start.ended()).toBe(0);
    expect(canaries.leaks(join(dataFolder, 'logs'))).toEqual([]);
    expect(secrets.filter((secret) => (start.stdout + start.stderr).includes(secret))).toEqual([]);
  });
});
