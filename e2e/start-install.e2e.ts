import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { ROOT } from './harness/paths.js';
import { signal } from './harness/process-table.js';
import { BerthStart, leftOf, processesOf } from './start/berth-start.js';

/** Not part of a fresh clone. */
const MADE_HERE = new Set(['node_modules', 'dist', '.data', '.nx', '.git', 'generated']);
/** npm has unpacked this many packages: it is in the middle of its work. */
const UNPACKED = 50;
const INSTALL_MS = 240_000;

let folder: string;
let checkout: string;
let dataFolder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'berth-clone-')));
  checkout = join(folder, 'berth');
  dataFolder = join(folder, 'data');
  cpSync(ROOT, checkout, { recursive: true, filter: (source) => !MADE_HERE.has(basename(source)) });
  mkdirSync(dataFolder);
});

afterEach(() => {
  for (const { pid } of processesOf(dataFolder)) signal(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('SIGINT during the install of a fresh clone leaves no process, and the next start installs, builds and serves', async () => {
  const modules = join(checkout, 'node_modules');
  const interrupted = new BerthStart({ dataFolder, root: checkout });
  await interrupted.reached(/^install +installing packages/m);
  await eventually(() => existsSync(modules) && readdirSync(modules).length > UNPACKED, {
    within: INSTALL_MS,
    what: 'npm unpacks packages',
  });
  interrupted.interrupt();
  expect(await interrupted.ended()).toBe(0);
  expect(leftOf(dataFolder)).toEqual([]);

  const next = new BerthStart({ dataFolder, root: checkout });
  await next.reached(/^install +done/m, INSTALL_MS);
  await next.ready();
  expect((await fetch(`${next.address}/ready`)).status).toBe(200);
  next.interrupt();
  expect(await next.ended()).toBe(0);
  expect(leftOf(dataFolder)).toEqual([]);
}, 600_000);
