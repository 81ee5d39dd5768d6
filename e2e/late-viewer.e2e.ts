import { SessionScreen } from '@berth/protocol';
import xterm from '@xterm/headless';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { programs } from './harness/programs.js';
import { Screen, cellsOf } from './harness/screen.js';
import { withSeed } from './harness/seed.js';

const MIB = 1024 * 1024;
const SIZE = { cols: 100, rows: 30 };
/** Several times what the log keeps. */
const PAINTED = 4 * MIB;

let cluster: Cluster;
let api: Api;
const open: { close(): void }[] = [];

beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, env: { LOG_RUN_MIB: '1' } });
  api = await cluster.signIn();
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => cluster.close());

async function view(sessionId: string, clientId: string, { drive = false, gateway = 0 } = {}): Promise<Screen> {
  const screen = await Screen.open({ address: cluster.address(gateway), sessionId, token: api.token, clientId, drive, ...SIZE });
  open.push(screen);
  return screen;
}

/** A session that paints, and somebody who is there from its first byte on and drives it. */
async function painting(seed: number): Promise<{ id: string; witness: Screen; paint: () => Promise<void> }> {
  const { id } = await api.runningSession(programs.paints(seed, PAINTED), SIZE);
  const witness = await view(id, 'witness', { drive: true });
  await witness.shows(programs.ready);
  let painted = 0;
  const paint = async (): Promise<void> => {
    witness.press('p');
    painted += 1;
    await witness.shows(`[painted ${String(painted)}]`, 60_000);
  };
  return { id, witness, paint };
}

/** Somebody else sees the same, cell by cell, in the same modes, and has had a screen for what is missing. */
async function expectSame(other: Screen, witness: Screen): Promise<void> {
  await other.shows(/\[painted \d+\]$/, 60_000);
  await expect.poll(() => other.position, { timeout: 20_000 }).toBe(witness.position);
  expect(await other.cells()).toEqual(await witness.cells());
  expect(other.terminal.modes).toEqual(witness.terminal.modes);
  expect([other.failure, witness.failure, witness.gaps, witness.screens]).toEqual([undefined, undefined, [], 0]);
}

/** Without blanks at the ends of lines, written or not. */
const trimmed = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
const textOf = (screen: Screen): string => trimmed(screen.text().split('\n'));

/** What `GET /screen` tells, as cells of a terminal, beside its text. */
async function fetched(id: string): Promise<{ screen: SessionScreen; cells: string[] }> {
  const screen = SessionScreen.parse(await api.get(`/v1/sessions/${id}/screen`));
  const { cols, rows, serialized } = screen;
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(Buffer.from(serialized), resolve));
  return { screen, cells: cellsOf(terminal) };
}

async function expectFetched(id: string, witness: Screen): Promise<void> {
  const { screen, cells } = await fetched(id);
  expect({ ...screen, serialized: '' }).toEqual({ offset: witness.position, ...SIZE, text: textOf(witness), serialized: '', losses: [] });
  expect(cells).toEqual(await witness.cells());
}

test('who comes late sees what everybody sees, and goes on seeing it', () =>
  withSeed(async (_random, seed) => {
    const { id, witness, paint } = await painting(seed);
    await paint();
    const late = await view(id, 'late', { gateway: 1 });
    await expectSame(late, witness);
    expect(late.gaps).toEqual([{ type: 'gap', from: 0, to: late.gaps[0]?.to, reason: 'pruned' }]);
    expect(late.screens).toBe(1);
    await expectFetched(id, witness);
    await paint();
    await expectSame(late, witness);
  }));

test('who comes back with an old offset, and who was behind for long, do as well', () =>
  withSeed(async (_random, seed) => {
    const { id, witness, paint } = await painting(seed);
    const back = await view(id, 'back');
    const behind = await view(id, 'behind', { gateway: 1 });
    await back.shows(programs.ready);
    await behind.shows(programs.ready);
    back.cut();
    const goOn = behind.stall();
    await paint();
    // More than the host's ring has.
    await paint();
    await back.connect(cluster.address(1));
    await expectSame(back, witness);
    goOn();
    await expectSame(behind, witness);
    for (const { gaps, screens } of [back, behind]) {
      expect(gaps.length).toBeGreaterThan(0);
      expect([screens, new Set(gaps.map(({ reason }) => reason))]).toEqual([gaps.length, new Set(['pruned'])]);
    }
    await paint();
    await expectSame(back, witness);
    await expectSame(behind, witness);
  }));

test('a closed session shows its last screen to viewers, over REST and in the command line', () =>
  withSeed(async (_random, seed) => {
    const { id, witness, paint } = await painting(seed);
    await paint();
    witness.press('q');
    await api.sessionWhen(id, 'closed', ({ status }) => status === 'closed');
    const late = await view(id, 'late');
    await expectSame(late, witness);
    await expectFetched(id, witness);
    const cli = await BerthCli.owner(cluster);
    const { code, stdout } = await cli.run(['sessions', 'screen', id]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${textOf(witness)}\n` });
  }));

test('the command line shows the screen when it attaches, and types nothing', () =>
  withSeed(async (_random, seed) => {
    const { id, witness, paint } = await painting(seed);
    await paint();
    const cli = await BerthCli.owner(cluster);
    const { pty } = await cli.open(['attach', id], SIZE);
    open.push({ close: () => pty.kill() });
    await pty.shows('[painted 1]');
    const visible = async (): Promise<string> =>
      (await pty.text())
        .split('\n')
        .slice(-SIZE.rows)
        .map((line) => line.trimEnd())
        .join('\n')
        .trimEnd();
    await expect.poll(visible, { timeout: 20_000 }).toBe(textOf(witness));
    await paint();
    await pty.shows('[painted 2]');
    await expect.poll(visible, { timeout: 20_000 }).toBe(textOf(witness));
    expect(witness.text()).not.toContain('[typed');
    pty.type(DETACH);
    expect(await pty.ended()).toBe(0);
  }));
