import { crc32 } from 'node:zlib';
import xterm from '@xterm/headless';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppProcess } from './harness/app-process.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { liveMiB } from './harness/live-memory.js';
import { MetricsWatch } from './harness/metrics.js';
import { residentMiB } from './harness/process-table.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { cellsOf, Screen } from './harness/screen.js';
import { ResumingViewer } from './harness/viewer.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const FLOOD = 256 * MIB;
const GROWTH_MIB = 64;
/** A ring, and what a flood brings along: compiled code, buffers for reading and writing. */
const LIVE_GROWTH_MIB = 16;
const LOOK_MS = 50;
/** Watermarks as the apps' READMEs name them. */
const WATERMARK = { viewer: MIB, ring: 4 * MIB, link: MIB + 128 * KIB, logLag: 4 * MIB };

const { before, line, after } = programs.flooded;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, metrics: true });
});
afterAll(() => cluster.close());

/** The flood's bytes, a piece at a time. */
function* written(): Generator<Buffer> {
  yield Buffer.from(before);
  const lines = Buffer.from(line.repeat(16 * KIB));
  for (let left = FLOOD; left > 0; left -= lines.length) yield lines.subarray(0, left);
  yield Buffer.from(after);
}

/** Checksum and number of all that the program writes. */
function expected(): { sum: number; length: number } {
  let [sum, length] = [0, 0];
  for (const piece of written()) {
    sum = crc32(piece, sum);
    length += piece.length;
  }
  return { sum, length };
}

/** What a terminal shows that has seen everything: above the margins what was there first, between them the last lines. */
async function expectedCells(): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const cut = line.slice(0, FLOOD % line.length);
  await new Promise<void>((resolve) => terminal.write(before + line.repeat(100) + cut + after, resolve));
  return cellsOf(terminal);
}

const liveMiBOf = (apps: readonly AppProcess[]): Promise<number[]> => Promise.all(apps.map(liveMiB));

/** The most that each process has grown over what it was, MiB; looks until it is stopped. */
class Growth {
  readonly most = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(apps: readonly AppProcess[]) {
    const first = new Map(apps.map((app) => [app, residentMiB(app.pid)]));
    this.timer = setInterval(() => {
      for (const [app, resident] of first) this.most.set(app.kind, Math.max(this.most.get(app.kind) ?? 0, residentMiB(app.pid) - resident));
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

test('beside viewers that stall, a healthy one gets 256 MiB byte-exact, nobody grows, and who stalled comes back', async () => {
  const api = await cluster.signIn();
  const apps = [cluster.gateway(), cluster.worker()];
  const { id } = await api.runningSession(programs.flood(FLOOD));
  const screen = (clientId: string) => Screen.open({ address: cluster.address(), sessionId: id, token: api.token, clientId });
  // One tab that the browser has stopped, one behind a network that takes nothing.
  const stopped = await screen('stopped');
  await stopped.shows('[ready]');
  const deaf = await screen('deaf');
  await deaf.shows('[ready]');

  let sum = 0;
  const healthy = new ResumingViewer({
    address: () => cluster.address(),
    sessionId: id,
    token: api.token,
    clientId: 'healthy',
    onBytes: (_offset, bytes) => {
      sum = crc32(bytes, sum);
    },
  });
  await healthy.reaches(before.length);
  const live = await liveMiBOf(apps);

  const goOn = stopped.stall();
  deaf.deafen();
  const growth = new Growth(apps);
  const watch = new MetricsWatch(apps);
  const typist = await RawSocket.attach(
    cluster.address(),
    id,
    { clientId: 'typist', drive: true, haveUpTo: before.length },
    { token: api.token },
  );
  await typist.frame('attached');
  typist.input(1, '\n');
  await typist.frame('inputAck');
  typist.destroy();
  const whole = expected();
  await healthy.reaches(whole.length, 120_000);
  growth.stop();
  await watch.stop();

  expect(sum).toBe(whole.sum);
  expect(healthy.gaps).toEqual([]);
  expect(healthy.connections).toBe(1);
  for (const [kind, grown] of growth.most) expect([kind, grown < GROWTH_MIB]).toEqual([kind, true]);
  expect(growth.most.size).toBe(2);
  // What it really holds; the rest is garbage that nobody has collected yet.
  for (const [index, now] of (await liveMiBOf(apps)).entries()) expect(now - (live[index] ?? 0)).toBeLessThan(LIVE_GROWTH_MIB);
  expect(watch.largest('berth_byte_buffered_bytes_largest')).toBeLessThanOrEqual(WATERMARK.viewer);
  expect(watch.largest('berth_output_buffer_bytes_largest')).toBeLessThanOrEqual(WATERMARK.ring);
  expect(watch.largest('berth_link_buffered_bytes_largest')).toBeLessThanOrEqual(WATERMARK.link);
  expect(watch.largest('berth_log_lag_bytes_largest')).toBeLessThanOrEqual(WATERMARK.logLag);
  await healthy.stop();

  // Whoever was let go meanwhile comes back as a client does; the deaf one cannot know yet.
  goOn();
  await stopped.comeBack(cluster.address());
  await deaf.connect(cluster.address());
  const wanted = await expectedCells();
  for (const each of [stopped, deaf]) {
    await each.shows('[done]', 60_000);
    expect(each.position).toBe(whole.length);
    expect(each.failure).toBeUndefined();
    expect(await each.cells()).toEqual(wanted);
    each.close();
  }
});
