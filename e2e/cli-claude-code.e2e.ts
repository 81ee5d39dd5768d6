import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BerthTerminal } from './harness/berth-cli.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { AT_PROMPT } from './harness/claude-code.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';

/** A line typed faster than this is taken for a paste. */
const ENTER_MS = 400;

let cluster: Cluster;
let upstream: ScriptedModel;
let cli: BerthCli;

beforeAll(async () => {
  upstream = await startScriptedModel();
  const key = 'canary-key-of-the-worker';
  cluster = await startCluster({ gateways: 1, workerEnv: () => ({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: upstream.url }) });
  cluster.secrets.add('model key', key);
  cli = await BerthCli.owner(cluster);
});
afterAll(async () => {
  await cluster.close();
  await upstream.close();
});

async function reads({ pty }: BerthTerminal, what: string): Promise<void> {
  await eventually(async () => (await pty.text()).includes(what), { within: 60_000, every: 100, what }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await pty.text()}`);
  });
}

async function enter({ pty }: BerthTerminal, text: string): Promise<void> {
  pty.type(text);
  await sleep(ENTER_MS);
  pty.type('\r');
}

async function leave(terminal: BerthTerminal): Promise<void> {
  terminal.pty.type(DETACH);
  expect(await terminal.pty.ended()).toBe(0);
  expect(terminal.settings('after')).toBe(terminal.settings('before'));
  await terminal.pty.text();
  expect(terminal.pty.screen.buffer.active.type).toBe('normal');
  expect(terminal.pty.screen.modes).toMatchObject({ bracketedPasteMode: false, mouseTrackingMode: 'none', sendFocusMode: false });
  // What it pushed onto the keyboard's stack has been taken off again.
  const count = (text: string): number => terminal.pty.output.split(text).length - 1;
  expect(count('\u001b[<u') + count('\u001b[<1u')).toBeGreaterThanOrEqual(count('\u001b[>1u'));
}

test('Claude Code in one’s own terminal: answered, left, and gone on with from a terminal of another size', async () => {
  const first = await cli.open(['new', '--title', 'in my terminal'], { cols: 100, rows: 30 });
  await reads(first, AT_PROMPT);
  await enter(first, 'SLOW 8');
  await reads(first, 'word-8');
  await leave(first);

  const second = await cli.open(['attach', 'in my terminal'], { cols: 120, rows: 40 });
  await reads(second, 'word-8');
  await reads(second, AT_PROMPT);
  await enter(second, 'SLOW 3');
  await eventually(async () => ((await second.pty.text()).match(/word-3\b/g)?.length ?? 0) >= 2, {
    within: 60_000,
    what: 'the second answer',
  });
  // Nothing that a terminal said by itself has been typed at the prompt.
  expect(await second.pty.text()).not.toMatch(/\[\d+;\d+R|\[\?\d+|\d+c$/m);
  await leave(second);
});
