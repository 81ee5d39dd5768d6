import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { eventually } from './harness/eventually.js';
import { fixture } from './harness/paths.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';

const LINES = 60_000;
const LINES_A_SECOND = 6_000;
const LAST_WORDS = 'last words';
const BURSTS = 400;
const RESTARTS = 3;
/** Shows no titles: then what is written to the terminal is the session's output and nothing else. */
const WITHOUT_TITLES = { TERM: 'vt100' };

let cluster: Cluster;
let proxy: CutProxy;
let api: Api;
let cli: BerthCli;

beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  // One address, whatever port the gateway behind it has after a restart.
  proxy = await CutProxy.listen(() => cluster.gateway().port);
  api = await cluster.signIn();
  cli = await BerthCli.owner(cluster, `http://127.0.0.1:${String(proxy.port)}`);
});
afterAll(async () => {
  await proxy.close();
  await cluster.close();
});

async function restart(): Promise<void> {
  await cluster.gateway().kill();
  await cluster.gateway().start();
}

test(`${String(LINES)} numbered lines reach the terminal once and in order through ${String(RESTARTS)} restarts of the gateway and cuts`, () =>
  withSeed(async (random) => {
    const command = [
      'sh',
      '-c',
      'stty raw -echo; exec "$@"',
      'sh',
      process.execPath,
      fixture('numbered-lines.mjs'),
      String(LINES),
      String(LINES_A_SECOND),
    ];
    const { id } = await api.runningSession(command);
    const { pty } = await cli.open(['attach', id], { env: WITHOUT_TITLES });
    await pty.shows('\n1000\n');
    for (let i = 0; i < RESTARTS; i += 1) {
      await sleep(random.int(100, 500));
      if (i === 0) expect(pty.output).not.toContain(`\n${String(LINES)}\n`);
      await restart();
      await sleep(random.int(100, 500));
      proxy.cut();
    }
    // It keeps up with the program: what comes back is live.
    await pty.shows(`\n${String(LINES)}\n`, 60_000);
    pty.type('after');
    await pty.shows('after');
    pty.type(DETACH);
    expect(await pty.ended()).toBe(0);
    const shown = pty.output.slice(pty.output.indexOf('detaches]\r\n') + 'detaches]\r\n'.length, pty.output.lastIndexOf('after'));
    const wanted = Array.from({ length: LINES }, (_, i) => `${String(i + 1)}\n`).join('');
    expect(shown === wanted || differenceOf(shown, wanted)).toBe(true);
  }));

test(`${String(BURSTS)} numbered bursts of keys reach the program once and in order through ${String(RESTARTS)} restarts`, () =>
  withSeed(async (random) => {
    const { id } = await api.runningSession(programs.echo);
    const { pty } = await cli.open(['attach', id], { env: WITHOUT_TITLES });
    await pty.shows(programs.ready);
    const bursts = Array.from({ length: BURSTS }, (_, i) => `<${String(i)}:${'.'.repeat(i % 61)}>`);
    const type = async (): Promise<void> => {
      for (const burst of bursts) {
        pty.type(burst);
        await sleep(random.int(0, 30));
      }
    };
    const restarts = async (): Promise<void> => {
      for (let i = 0; i < RESTARTS; i += 1) {
        await sleep(random.int(300, 1500));
        await restart();
      }
    };
    await Promise.all([type(), restarts()]);
    const wanted = bursts.join('');
    const echoed = (): string => pty.output.slice(pty.output.indexOf(programs.ready) + programs.ready.length);
    await eventually(() => echoed().length >= wanted.length, { within: 30_000, what: 'every key came back' });
    // The last keys before leaving are not left behind either.
    pty.type(LAST_WORDS + DETACH);
    expect(await pty.ended()).toBe(0);
    expect(echoed().startsWith(wanted) || differenceOf(echoed(), wanted)).toBe(true);
    // The client leaves when its keys have been applied; their echo reaches the log after that.
    const logged = async (): Promise<string> => (await api.output(id, programs.ready.length)).bytes.toString();
    await eventually(async () => (await logged()).length >= wanted.length + LAST_WORDS.length, { what: 'the last keys came back' });
    expect(await logged()).toBe(wanted + LAST_WORDS);
  }));

test('a watcher’s keys, and what their terminal answers, go nowhere; a late driver answers no question of the past', async () => {
  // Asks for device attributes and the cursor's place, then gives back what is typed, with escapes made visible.
  const asking = ['sh', '-c', "stty raw -echo; printf '\\033[c\\033[6n[asked]'; exec cat -v"];
  const { id } = await api.runningSession(asking);
  await eventually(async () => (await api.session(id)).head >= 0 && (await api.output(id)).bytes.includes('[asked]'), {
    what: 'it has asked',
  });
  const watcher = await cli.open(['attach', id, '--watch']);
  await watcher.pty.shows('[asked]');
  watcher.pty.type('watched');
  const driver = await cli.open(['attach', id]);
  await driver.pty.shows('[asked]');
  await driver.pty.shows('\u001b[5n');
  driver.pty.type('driven');
  await watcher.pty.shows('driven');
  expect((await api.output(id)).bytes.toString().split('[asked]')[1]).toBe('driven');
  watcher.pty.type('\u0003');
  driver.pty.type(DETACH);
  expect(await watcher.pty.ended()).toBe(0);
  expect(await driver.pty.ended()).toBe(0);
});

test('a new session’s questions are answered', async () => {
  const asking = ['sh', '-c', "stty raw -echo; printf '\\033[6n'; exec cat -v"];
  const { pty } = await cli.open(['new', '--', ...asking]);
  await pty.shows(/\^\[\[\d+;\d+R/);
  pty.type(DETACH);
  expect(await pty.ended()).toBe(0);
});

function differenceOf(text: string, wanted: string): string {
  let at = 0;
  while (at < wanted.length && text[at] === wanted[at]) at += 1;
  return `differs at ${String(at)}: ${JSON.stringify(text.slice(at - 20, at + 40))} instead of ${JSON.stringify(wanted.slice(at - 20, at + 40))}`;
}
