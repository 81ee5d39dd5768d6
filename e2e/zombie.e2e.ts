import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import type { Api } from './harness/api.js';
import type { AppProcess } from './harness/app-process.js';
import { eventually, within } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { isAlive, signal, withArgument } from './harness/process-table.js';
import { ResumingViewer } from './harness/viewer.js';

const SECOND = 1000;
const LEASE_MS = 6 * SECOND;
const SLACK_MS = 5 * SECOND;

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

/** Everything of the session that its owner may write; the lease itself is renewed by whoever has it now. */
const rowsOf = async (made: Cluster, id: string) => {
  const uuid = id.slice(4);
  const [session] = await made.database.query(
    `SELECT status, cols, rows, epoch, host_id, offset_limit, head, close_reason, exit_code, updated_at
     FROM sessions WHERE replace(id::text, '-', '') = $1`,
    [uuid],
  );
  const [run] = await made.database.query(
    `SELECT host_id, state, close_reason, exit_code, base, "end" FROM session_runs WHERE replace(session_id::text, '-', '') = $1 AND epoch = 1`,
    [uuid],
  );
  return JSON.stringify({ session, run });
};

const hostOf = async (made: Cluster, name: string): Promise<string> => {
  const [row] = await made.database.query<{ id: string }>('SELECT id FROM hosts WHERE name = $1', [name]);
  return `hst_${row?.id.replaceAll('-', '')}`;
};

/** Ids and sizes of what the first run has in Redis, whatever readers make of it. */
async function logEntries(made: Cluster, id: string): Promise<string> {
  const redis = new Redis(made.redisUrl);
  const [key] = await redis.keys(`log:*${id}}:1`);
  const entries = key === undefined ? [] : await redis.xrange(key, '-', '+');
  await redis.quit();
  return JSON.stringify(entries);
}

interface Watched {
  id: string;
  token: string;
  viewer: ResumingViewer;
  /** What the viewer was shown. */
  seen: string[];
}

/** Starts sessions until one host has two of them; returns that host and the two, each with a viewer. */
async function twoSessionsOnOneHost(made: Cluster, api: Api): Promise<{ host: string; sessions: [Watched, Watched] }> {
  const byHost = new Map<string, Watched>();
  for (;;) {
    const token = `zombie-${randomUUID()}`;
    const { id, run } = await api.runningSession(programs.family(token));
    const seen: string[] = [];
    const viewer = new ResumingViewer({
      address: () => made.address(),
      sessionId: id,
      token: api.token,
      clientId: 'watcher',
      onBytes: (_offset, bytes) => seen.push(bytes.toString()),
    });
    await viewer.reaches(10);
    const host = run.host ?? '';
    const watched = { id, token, viewer, seen };
    const first = byHost.get(host);
    if (first) return { host, sessions: [first, watched] };
    byHost.set(host, watched);
  }
}

/**
 * A host sleeps past its lease. One of its sessions is taken over by another host meanwhile, one is only given up. Then it wakes and
 * tries what it must not do. Returns the promises that were broken.
 */
async function outliveALease(flags: string[]): Promise<string[]> {
  const made = await startCluster({ gateways: 1, workers: 2, flags });
  cluster = made;
  const api = await made.signIn();
  const { host, sessions } = await twoSessionsOnOneHost(made, api);
  const hosts = await Promise.all(made.workers.map((_, index) => hostOf(made, `e2e-${index}`)));
  const zombie = made.worker(hosts.indexOf(host));

  zombie.signal('SIGSTOP');
  for (const { id, token } of sessions) {
    await eventually(() => withArgument(token).length === 0, {
      within: LEASE_MS + SLACK_MS,
      what: 'its children are killed while it is stopped',
    });
    await api.sessionWhen(id, 'given up', ({ status }) => status === 'suspended', LEASE_MS + SLACK_MS);
  }
  const [taken] = sessions;
  await api.expect('POST', `/v1/sessions/${taken.id}/wake`);
  const second = await api.sessionWhen(taken.id, 'taken over', ({ status, run }) => status === 'running' && run.epoch === 2);
  expect(second.run.host, 'another host has it').not.toBe(host);
  await eventually(() => taken.seen.join('').split('family of').length === 3, { what: 'the viewer sees the second run' });

  const look = async ({ id, seen, viewer }: Watched) => ({
    rows: await rowsOf(made, id),
    entries: await logEntries(made, id),
    log: (await api.output(id)).bytes.toString(),
    shown: seen.length,
    failure: viewer.failure?.message,
  });
  // The end of a lost run is recorded once its log is sealed.
  for (const { id } of sessions)
    await eventually(async () => (await rowsOf(made, id)).includes('"end":"'), { what: 'the lost run is sealed' });
  const before = await Promise.all(sessions.map(look));
  zombie.signal('SIGCONT');
  await within(SLACK_MS, 'the zombie ends', zombie.exited);
  const after = await Promise.all(sessions.map(look));

  const outcomes = zombie.logged('zombie write').map((line) => JSON.parse(line) as { attempt: string; outcome: string });
  const all = (attempt: string, outcome: string) =>
    outcomes.filter((each) => each.attempt === attempt).every((each) => each.outcome === outcome);
  const same = (what: keyof (typeof before)[number]) => before.every((each, i) => each[what] === after[i]?.[what]);
  for (const attempt of ['output', 'row', 'log'])
    expect(
      outcomes.filter((each) => each.attempt === attempt),
      `it attempts ${attempt}`,
    ).toHaveLength(2);
  const promises: [kept: boolean, promise: string][] = [
    [same('rows') && all('row', 'lease_lost'), 'its row update is refused'],
    [same('log'), 'no reader sees its log append'],
    [same('entries') && all('log', 'fenced'), 'its log append is refused'],
    [same('shown') && same('failure'), 'no byte of it arrives at a viewer'],
    [all('output', 'refused'), 'no byte of it goes out'],
    [zombie.logged('"fenced"').length >= 2, 'it says that it is fenced'],
  ];
  return promises.filter(([kept]) => !kept).map(([, promise]) => promise);
}

test('a host that slept past its lease can write nothing that anyone sees', async () => {
  expect(await outliveALease(['zombie-writes'])).toEqual([]);
});

test('the control: without the fence, the test above fails on its writes', async () => {
  const broken = await outliveALease(['zombie-writes', 'no-fence']);
  expect(broken).toEqual(
    expect.arrayContaining([
      'its row update is refused',
      'no byte of it goes out',
      'no byte of it arrives at a viewer',
      'it says that it is fenced',
    ]),
  );
});

test('host and guardian stopped together check their deadline before anything else', async () => {
  cluster = await startCluster({ gateways: 1, workers: 2 });
  const api = await cluster.signIn();
  const token = `sleeper-${randomUUID()}`;
  const { id, run } = await api.runningSession(programs.family(token));
  const hosts = await Promise.all([0, 1].map((index) => hostOf(cluster as Cluster, `e2e-${index}`)));
  const sleeper: AppProcess = cluster.worker(hosts.indexOf(run.host ?? ''));
  const family = await eventually(() => withArgument(token).length >= 4 && withArgument(token), { what: 'the family runs' });

  signal(sleeper.guardianPid, 'SIGSTOP');
  sleeper.signal('SIGSTOP');
  await api.sessionWhen(id, 'given up', ({ status }) => status === 'suspended', LEASE_MS + SLACK_MS);
  const rows = await rowsOf(cluster, id);
  const entries = await logEntries(cluster, id);
  sleeper.signal('SIGCONT');
  signal(sleeper.guardianPid, 'SIGCONT');
  await eventually(() => !family.some(isAlive), { within: SLACK_MS, what: 'the sleeper ends its sessions' });
  expect(await rowsOf(cluster, id)).toBe(rows);
  expect(await logEntries(cluster, id)).toBe(entries);
});
