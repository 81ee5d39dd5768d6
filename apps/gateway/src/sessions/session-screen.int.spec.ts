import { startCheckpointProcess } from '@berth/checkpoint';
import type { Problem, RunView, SessionScreen, SessionView } from '@berth/protocol';
import { Viewer, differences } from '@berth/screen/testing';
import { seededRandom, waitFor } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

const MIB = 1024 * 1024;
const SIZE = { cols: 80, rows: 24, scrollback: 1000 };

let gateway: TestGateway;
let host: TestHost;
let api: ApiClient;
beforeAll(async () => {
  gateway = await startTestGateway();
  host = await TestHost.start(gateway);
  ({ api } = await gateway.signedIn());
});
afterAll(async () => {
  await host.close();
  await gateway.close();
});

const create = (by = api) => by.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
const screenOf = (id: string) => api.expect<SessionScreen>('GET', `/v1/sessions/${id}/screen`);

async function running(by = api) {
  const { id } = await create(by);
  return { id, run: await host.run(id) };
}

/** Coloured lines, cursor movements and margins. */
function output(seed: number, bytes: number): Buffer {
  const random = seededRandom(seed);
  const parts: string[] = [];
  for (let length = 0; length < bytes;) {
    const part = random.chance(0.8)
      ? `\u001b[3${random.int(0, 7)}mline ${random.int(0, 1e9)} 界 ${'x'.repeat(random.int(0, 90))}\u001b[m\r\n`
      : `\u001b[${random.int(1, 10)};${random.int(12, 24)}r\u001b[${random.int(1, 24)};${random.int(1, 80)}H`;
    parts.push(part);
    length += Buffer.byteLength(part);
  }
  return Buffer.from(parts.join(''));
}

/** A terminal that has seen all of it. */
function terminalAfter(...bytes: Uint8Array[]): Viewer {
  const terminal = new Viewer(SIZE);
  for (const each of bytes) terminal.write(each);
  return terminal;
}

const visible = ({ terminal }: Viewer): string => {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: terminal.rows }, (_, row) =>
    active
      .getLine(active.baseY + row)
      ?.translateToString(true)
      .trimEnd(),
  );
  return rows.join('\n').trimEnd();
};

function expectScreen(screen: SessionScreen, all: Viewer): void {
  expect(differences(terminalAfter(Buffer.from(screen.serialized)), all)).toEqual([]);
  expect({ cols: screen.cols, rows: screen.rows, text: screen.text }).toEqual({
    cols: all.terminal.cols,
    rows: all.terminal.rows,
    text: visible(all),
  });
}

describe('what a session shows', () => {
  it('is nothing before it has run', async () => {
    const { id } = await create();
    expect(await screenOf(id)).toMatchObject({ offset: 0, cols: 80, rows: 24, text: '', losses: [] });
  });

  it('is what a terminal shows that has seen everything, while it runs and after its end', async () => {
    const { id, run } = await running();
    const first = output(1, 300_000);
    const end = await host.write(run, run.base, first);
    const live = await screenOf(id);
    expectScreen(live, terminalAfter(first));
    expect([live.offset, live.losses]).toEqual([end, []]);
    const second = output(2, 100_000);
    const last = await host.write(run, end, second);
    await host.end(run, { reason: 'exited', exitCode: 0, end: last });
    const closed = await screenOf(id);
    expectScreen(closed, terminalAfter(first, second));
    expect([closed.offset, closed.losses]).toEqual([last, []]);
  });

  it('comes from the newest checkpoint when the log has been trimmed, and says when there was none', async () => {
    const { id, run } = await running();
    const first = output(3, 600_000);
    const all = output(4, 3 * MIB);
    const end = await host.write(run, run.base, first);
    const checkpoints = startCheckpointProcess({ redisUrl: gateway.redisUrl, env: {} });
    try {
      const runs = [{ epoch: run.epoch, base: run.base, end: null }];
      const session = { tenantId: run.tenantId, sessionId: run.sessionId, runs, cols: 80, rows: 24 };
      const ignored = { onSaved: () => undefined, onProgress: () => undefined };
      await checkpoints.foldRun(session, run, { stepBytes: MIB, ...ignored }).done;
    } finally {
      checkpoints.end();
    }
    // The log of this host may take 1 MiB of Redis, overhead included: what comes first goes, and nothing behind the checkpoint.
    const kept = all.subarray(0, 600_000);
    const later = await host.write(run, end, kept);
    expect((await api.call('GET', `/v1/sessions/${id}/output`)).status).toBe(416);
    const screen = await screenOf(id);
    expectScreen(screen, terminalAfter(first, kept));
    expect(screen.losses).toEqual([]);
    // Trimmed beyond the checkpoint.
    await host.write(run, later, all.subarray(600_000));
    expect((await screenOf(id)).losses).toContain('gap');
  });

  it('goes on from run to run', async () => {
    const { id, run } = await running();
    const end = await host.write(run, run.base, Buffer.from('first\r\n'));
    await host.end(run, { reason: 'suspended', end });
    await api.expect('POST', `/v1/sessions/${id}/wake`);
    const again = await host.run(id);
    await host.write(again, again.base, Buffer.from('second'));
    expect(again.epoch).toBe(2);
    const screen = await screenOf(id);
    expect(screen.text.split('\n')).toEqual(['first', 'second']);
    expect(screen.offset).toBe(again.base + 6);
    expect((await api.expect<{ run: RunView }>('GET', `/v1/sessions/${id}`)).run.epoch).toBe(2);
  });

  it('of one whose output is costly is given up, and nobody else waits for it', async () => {
    const { id, run } = await running();
    await host.write(run, run.base, Buffer.from('x\u001b[2147483647b'.repeat(MIB / 16)));
    const other = await gateway.signedIn();
    const { id: theirs, run: theirRun } = await running(other.api);
    await host.write(theirRun, theirRun.base, Buffer.from('theirs'));

    const given: number[] = [];
    const asked = Array.from({ length: 24 }, async () => {
      const { status, body, headers } = await api.call('GET', `/v1/sessions/${id}/screen`);
      given.push(status);
      return { status, code: (body as Problem).code, wait: headers.get('retry-after'), detail: (body as Problem).detail };
    });
    for (const each of asked) each.catch(() => undefined);
    // More than a tenant may ask for at once is refused, and what waits is nobody else's business.
    await waitFor(() => given.length === 24 - 16, 5_000, 'what is asked for at once is bounded');
    expect((await other.api.expect<SessionScreen>('GET', `/v1/sessions/${theirs}/screen`)).text).toBe('theirs');
    expect(new Set(given)).toEqual(new Set([429]));
    const answers = await Promise.all(asked);
    const late = { status: 503, code: 'unavailable', wait: '10', detail: expect.stringContaining('takes too long') as string };
    const refused = { status: 429, code: 'rate_limited', wait: '1', detail: expect.stringContaining('at once') as string };
    const byStatus = answers.toSorted((a, b) => b.status - a.status);
    expect(byStatus).toEqual([...Array.from({ length: 16 }, () => late), ...Array.from({ length: 8 }, () => refused)]);
    // Given up is given up: there is room again.
    const { id: quiet, run: quietRun } = await running();
    await host.write(quietRun, quietRun.base, Buffer.from('quiet'));
    expect((await screenOf(quiet)).text).toBe('quiet');
  });
});
