import { afterEach, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { MetricsWatch } from './harness/metrics.js';
import { addTenant } from './harness/second-tenant.js';
import { Typist } from './harness/typist.js';
import { ResumingViewer } from './harness/viewer.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const FLOOD = ['sh', '-c', 'stty raw -echo; exec yes a line of a program that never stops'];
const FLOODS = 4;
/** What all floods put out together until they have settled, and until they are compared. */
const SETTLED = MIB;
const MEASURED = 8 * MIB;
const ECHOES = 20;

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

async function flood(api: Api, clientId: string): Promise<ResumingViewer> {
  const { id } = await api.createSession(FLOOD);
  return new ResumingViewer({ address: () => api.address(), sessionId: id, token: api.token, clientId, onBytes: () => undefined });
}

const positions = (viewers: readonly ResumingViewer[]) => viewers.map(({ position }) => position);
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** One tenant with several floods, another with one and a quiet session: what each flood put out, and what all put out during each echo of the quiet one. */
async function floodBeside(rate: string): Promise<{ many: number[]; one: number; duringEchoes: number[]; held: number }> {
  cluster = await startCluster({ gateways: 1, metrics: true, env: { BERTH_HOST_OUTPUT_MIB_S: rate } });
  const watch = new MetricsWatch([cluster.worker()]);
  const [first, second] = [await cluster.signIn(), await cluster.signIn({ email: await addTenant(cluster, 'second') })];
  const typist = await Typist.start(cluster.address(), await echoSession(second), second.token);
  const many = await Promise.all(Array.from({ length: FLOODS }, (_, index) => flood(first, `flood-${index}`)));
  const one = await flood(second, 'one-flood');
  const all = [...many, one];
  const came = () => sum(positions(all));
  await eventually(() => came() >= SETTLED && all.every(({ position }) => position > 0), { within: 60_000, what: 'the floods' });

  const before = positions(all);
  const duringEchoes: number[] = [];
  for (let echo = 0; echo < ECHOES; echo++) {
    const typed = typist.typed;
    await eventually(() => typist.typed !== typed, { within: 10_000, every: 1, what: 'the next mark' });
    const began = came();
    await typist.echoed();
    duringEchoes.push(came() - began);
  }
  await eventually(() => came() >= sum(before) + MEASURED, { within: 120_000, what: 'the floods go on' });
  const moved = positions(all).map((position, index) => position - (before[index] ?? 0));
  await typist.stop();
  await Promise.all(all.map((viewer) => viewer.stop()));
  await watch.stop();
  return {
    many: moved.slice(0, FLOODS),
    one: moved[FLOODS] ?? 0,
    duringEchoes: duringEchoes.sort((a, b) => a - b),
    held: watch.largest('berth_paused_sessions{reason="share"}'),
  };
}

test('a tenant with one flood gets as much of a host as one with four, and a quiet session does not notice', async () => {
  const { many, one, duringEchoes, held } = await floodBeside('1');
  expect(held).toBeGreaterThan(1);
  expect(one / sum(many)).toBeGreaterThan(0.7);
  expect(one / sum(many)).toBeLessThan(1.4);
  expect(Math.max(...many) / Math.min(...many)).toBeLessThan(2);
  // Less than a round of the floods goes by until an echo is back.
  expect(duringEchoes[ECHOES / 2]).toBeLessThan(256 * KIB);
});

test('without a bound, four floods take most of it', async () => {
  const { many, one, held } = await floodBeside('65536');
  expect(held).toBe(0);
  expect(one / sum(many)).toBeLessThan(0.6);
});
