import { join } from 'node:path';
import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { allow, AT_PROMPT, createClaude, screenAt } from './harness/claude-code.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster, ClusterOptions } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { askModel, modelEndOf } from './harness/model-end.js';
import type { AnswerUsage } from './harness/model-end.js';
import { environmentOf, signal } from './harness/process-table.js';
import { secretInDatabase, secretInFiles, secretInProcess } from './harness/secret-search.js';

/** TTL of the leases in these tests, and what the guardian or a sweep may take after it. */
const LEASE_MS = 6_000;
const SLACK_MS = 8_000;
const FIRST_KEY = 'canary-key-from-the-environment';

let upstream: ScriptedModel;
let cluster: Cluster;
let api: Api;

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster({
    gateways: 1,
    workerEnv: () => ({ ANTHROPIC_API_KEY: FIRST_KEY, ANTHROPIC_BASE_URL: upstream.url, LOG_LEVEL: 'trace' }),
    ...options,
  });
  cluster.secrets.add('model key', FIRST_KEY);
  api = await cluster.signIn();
}
beforeEach(async () => {
  upstream = await startScriptedModel();
});
afterEach(async () => {
  await cluster.close();
  await upstream.close();
});

/** A session that only waits, whose way to the model a test uses in its place. */
const waiting = () => api.runningSession(['sleep', '600']);
const keysSeen = (): unknown[] => upstream.requests.map(({ headers }) => headers['x-api-key']);

test('T47: the key is at the upstream and nowhere in a session: no environment, argument, open file, folder or log, no clear text in the store', async () => {
  await start();
  const { id } = await createClaude(api, { cols: 100, rows: 30 });
  const screen = await screenAt(cluster, 0, { sessionId: id, token: api.token, clientId: 'driver', drive: true, cols: 100, rows: 30 });
  await screen.shows(AT_PROMPT);
  await screen.enter('RUNBASH: env > env; cat /proc/*/environ > environs; claude -p hi > nested; echo searched; sleep 600 &');
  await allow(screen);
  await screen.shows('TOOL_RESULT(ok): searched');
  expect(keysSeen().length).toBeGreaterThanOrEqual(3);
  expect(new Set(keysSeen())).toEqual(new Set([FIRST_KEY]));

  const second = cluster.secrets.make('key-from-a-member');
  await api.expect('PUT', '/v1/model-settings', { provider: 'anthropic', apiKey: second });
  await screen.enter('after the change');
  await screen.shows('You wrote: after the change');
  expect(keysSeen().at(-1)).toBe(second);
  expect(JSON.stringify(await api.get('/v1/model-settings'))).not.toContain(second);

  const worker = cluster.worker();
  const below = worker.children();
  expect(below.length, 'guardian, wall, Claude Code, sleep').toBeGreaterThanOrEqual(4);
  const { token } = await modelEndOf(id);
  for (const key of [FIRST_KEY, second]) {
    for (const { pid } of [...below, { pid: cluster.gateway().pid }]) expect(secretInProcess(pid, key)).toEqual([]);
    expect(secretInFiles(cluster.folder, key)).toEqual([]);
    expect(await secretInDatabase(cluster.database, key)).toEqual([]);
  }
  // The search finds what there is to find: the worker itself was given the key, and the session its placeholder.
  expect(environmentOf(worker.pid)).toContain(FIRST_KEY);
  expect(secretInFiles(join(cluster.folder, 'data'), token).some((path) => path.endsWith('/env'))).toBe(true);
  screen.close();
});

test('T49: a placeholder opens its own run’s broker and no other: not another session’s, not a later run’s, nothing after the end', async () => {
  await start();
  const [one, other] = [await waiting(), await waiting()];
  const [mine, theirs] = [await modelEndOf(one.id), await modelEndOf(other.id)];
  expect(mine.token).not.toBe(theirs.token);
  expect((await askModel(mine, 'mine')).status).toBe(200);
  expect((await askModel({ ...theirs, token: mine.token }, 'another session')).status).toBe(401);
  expect((await askModel({ ...mine, token: 'guessed' }, 'guessed')).status).toBe(401);

  await api.expect('POST', `/v1/sessions/${one.id}/suspend`);
  await api.sessionWhen(one.id, 'suspended', ({ status }) => status === 'suspended');
  await eventually(async () => (await askModel(mine, 'after the end')).status === undefined, { what: 'the broker is gone' });
  await api.expect('POST', `/v1/sessions/${one.id}/wake`);
  await api.sessionWhen(one.id, 'running', ({ status }) => status === 'running');
  const later = await modelEndOf(one.id);
  expect((await askModel({ ...later, token: mine.token }, 'an old run')).status).toBe(401);
  expect((await askModel(later, 'the new run')).status).toBe(200);
  expect(JSON.stringify(upstream.requests.map(({ body }) => body))).not.toMatch(/another session|guessed|after the end|an old run/);
});

test('what the model counted is what the tenant used, by model', async () => {
  await start();
  const { id } = await waiting();
  const end = await modelEndOf(id);
  const answers: AnswerUsage[] = [];
  for (const prompt of ['one', 'HISTORY', 'a longer prompt than the others']) {
    const { status, usage } = await askModel(end, prompt);
    expect(status).toBe(200);
    if (usage) answers.push(usage);
  }
  expect((await askModel(end, 'FAIL 429')).status).toBe(429);
  const sum = (field: keyof AnswerUsage): number => answers.reduce((total, usage) => total + usage[field], 0);
  const { items } = await eventually(
    async () => {
      const usage = await api.get<{ items: { requests: number }[] }>('/v1/usage');
      return (usage.items[0]?.requests ?? 0) >= answers.length && usage;
    },
    { what: 'usage is recorded' },
  );
  expect(items).toEqual([
    {
      day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      model: 'claude-test',
      requests: 3,
      inputTokens: sum('input_tokens'),
      outputTokens: sum('output_tokens'),
      cacheReadTokens: sum('cache_read_input_tokens'),
      cacheWriteTokens: sum('cache_creation_input_tokens'),
    },
  ]);
  expect(sum('input_tokens')).toBeGreaterThan(0);
});

test('usage of the last moment is not lost when the worker is drained', async () => {
  await start();
  const { id } = await waiting();
  expect((await askModel(await modelEndOf(id), 'last words')).status).toBe(200);
  await cluster.worker().drain();
  const { items } = await api.get<{ items: { requests: number }[] }>('/v1/usage');
  expect(items).toMatchObject([{ requests: 1 }]);
});

/**
 * Stops a worker and its guardian past a lease, so that the session’s programs live on and somebody waits for an answer; has the session taken
 * over, and lets the worker go on: what came of the waiting call.
 */
async function callDuringTheLapse(flags: string[]): Promise<{ forwarded: boolean; status: number | undefined }> {
  await start({ workers: 2, flags });
  const { id, run } = await waiting();
  const end = await modelEndOf(id);
  expect((await askModel(end, 'before')).status).toBe(200);
  const hosts = await cluster.database.query<{ id: string; pid: number }>('SELECT id, pid FROM hosts');
  const pid = hosts.find((host) => `hst_${host.id.replaceAll('-', '')}` === run.host)?.pid;
  const zombie = cluster.workers.find((worker) => worker.pid === pid);
  if (!zombie) throw new Error('nobody has the session');

  const { guardianPid } = zombie;
  signal(guardianPid, 'SIGSTOP');
  zombie.signal('SIGSTOP');
  // The kernel takes the call; the stopped worker reads it when it goes on.
  const call = askModel(end, 'in the lapse');
  await api.sessionWhen(id, 'given up', ({ status }) => status === 'suspended', LEASE_MS + SLACK_MS);
  await api.expect('POST', `/v1/sessions/${id}/wake`);
  const taken = await api.sessionWhen(id, 'taken over', (session) => session.status === 'running' && session.run.epoch === 2);
  expect(taken.run.host).not.toBe(run.host);
  zombie.signal('SIGCONT');
  const { status } = await call;
  await zombie.exited;
  signal(guardianPid, 'SIGCONT');
  return { forwarded: JSON.stringify(upstream.requests.map(({ body }) => body)).includes('in the lapse'), status };
}

test('a host that slept past its lease forwards no call', async () => {
  const { forwarded, status } = await callDuringTheLapse(['zombie-writes']);
  expect(forwarded).toBe(false);
  expect([401, undefined]).toContain(status);
});

test('the control: without the fence, the call goes out', async () => {
  expect(await callDuringTheLapse(['zombie-writes', 'no-fence'])).toEqual({ forwarded: true, status: 200 });
});
