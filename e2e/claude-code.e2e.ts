import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionView } from '@berth/protocol';
import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { AT_PROMPT, createClaude, screenAt, workspaceOf } from './harness/claude-code.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import type { Screen } from './harness/screen.js';

/** Claude Code rings when a question has waited for some seconds. */
const BELL_MS = 20_000;
const MODEL_KEY = 'canary-key-of-the-worker';

let cluster: Cluster;
let api: Api;
let upstream: ScriptedModel;
let session: SessionView;
let driver: Screen;

beforeAll(async () => {
  upstream = await startScriptedModel();
  cluster = await startCluster({ gateways: 2, workerEnv: () => ({ ANTHROPIC_API_KEY: MODEL_KEY, ANTHROPIC_BASE_URL: upstream.url }) });
  cluster.secrets.add('model key', MODEL_KEY);
  api = await cluster.signIn();
  const size = { cols: 100, rows: 30 };
  session = await createClaude(api, size);
  driver = await screenAt(cluster, 0, { sessionId: session.id, token: api.token, clientId: 'driver', drive: true, ...size });
});
afterAll(async () => {
  driver.close();
  await cluster.close();
  await upstream.close();
});

const sameCells = async (one: Screen, other: Screen): Promise<void> => {
  await eventually(() => one.position === other.position, { what: 'both have the same output' });
  const [mine, theirs] = [await one.cells(), await other.cells()];
  expect(theirs[0], 'buffer and cursor').toBe(mine[0]);
  for (const [row, cells] of mine.entries()) expect(theirs[row], `row ${row} of\n${one.text()}\n--- and\n${other.text()}`).toBe(cells);
};

test('it comes up straight at its prompt, in a workspace of its own', async () => {
  await driver.shows(AT_PROMPT);
  await driver.shows('Claude Code v2.');
  await driver.shows(session.id);
  expect(driver.text()).not.toMatch(/trust|choose|log ?in/i);
  expect(existsSync(workspaceOf(cluster, session.id))).toBe(true);
});

test('a reply streams onto the screen, row by row', async () => {
  await driver.enter('SLOW 20');
  await driver.shows('word-5');
  expect(driver.text()).not.toContain('word-20');
  await driver.shows('word-20');
});

test('a tool asks before it acts, rings when nobody answers, and is allowed with a key', async () => {
  const file = join(workspaceOf(cluster, session.id), 'made-by-claude');
  const bells = driver.bells;
  await driver.enter('RUNBASH: touch made-by-claude');
  await driver.shows('Do you want to proceed?');
  expect(existsSync(file)).toBe(false);
  await eventually(() => driver.bells > bells, { within: BELL_MS, what: 'the bell rings' });
  driver.press('1');
  await driver.shows('TOOL_RESULT(ok)');
  expect(existsSync(file)).toBe(true);
});

test('it draws itself anew when the driver’s window changes its size', async () => {
  driver.resize(120, 36);
  await driver.shows('─'.repeat(120));
  expect((await api.session(session.id)).cols).toBe(120);
});

test('through another gateway the screen is the same cell by cell: for whoever comes, and for whoever comes back', async () => {
  const options = { sessionId: session.id, token: api.token, cols: 120, rows: 36 };
  const returning = await screenAt(cluster, 0, { ...options, clientId: 'returning' });
  await returning.shows('TOOL_RESULT(ok)');
  returning.cut();
  await driver.enter('SLOW 3');
  await driver.shows('word-3\n');
  const late = await screenAt(cluster, 1, { ...options, clientId: 'late' });
  await returning.connect(cluster.address(1));
  for (const screen of [late, returning]) {
    await screen.shows('word-3\n');
    await sameCells(driver, screen);
  }

  await cluster.gateway(0).kill();
  await cluster.gateway(0).start();
  await driver.connect(cluster.address(1));
  await driver.enter('SLOW 4');
  for (const screen of [driver, late, returning]) await screen.shows('word-4\n');
  for (const screen of [late, returning]) await sameCells(driver, screen);
  for (const screen of [driver, late, returning]) expect(screen.failure).toBeUndefined();
  late.close();
  returning.close();
});

test('another provider takes over in the running session, without a restart', async () => {
  const other = await startScriptedModel();
  const token = cluster.secrets.make('token-of-the-other-provider');
  await api.expect('PUT', '/v1/model-settings', { provider: 'compatible', baseUrl: other.url, token });
  const before = upstream.requests.length;
  await driver.enter('the other one, please');
  await driver.shows('You wrote: the other one, please');
  expect(other.requests.map(({ headers }) => headers['authorization'])).toContain(`Bearer ${token}`);
  expect(upstream.requests.length).toBe(before);
  expect((await api.session(session.id)).run.epoch).toBe(1);

  await api.expect('PUT', '/v1/model-settings', { provider: 'scripted' });
  const asked = other.requests.length;
  await driver.enter('and now the built-in one');
  await driver.shows('You wrote: and now the built-in one');
  expect([upstream.requests.length, other.requests.length]).toEqual([before, asked]);
  await other.close();
});

test('after its worker was killed, the conversation goes on', async () => {
  await cluster.worker().kill();
  driver.clear();
  await api.sessionWhen(session.id, 'suspended', ({ status }) => status === 'suspended');
  await cluster.worker().start();
  await api.expect('POST', `/v1/sessions/${session.id}/wake`);
  await api.sessionWhen(session.id, 'running', ({ status, run }) => status === 'running' && run.epoch === 2);
  await driver.shows(AT_PROMPT);
  await driver.enter('HISTORY');
  await driver.shows('user: SLOW 20');
  await driver.shows(/HISTORY of \d+ texts/);
});
