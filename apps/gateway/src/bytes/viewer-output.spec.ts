import type { LogItem, LogRange, StoredScreen } from '@berth/log';
import type { ServerFrame } from '@berth/protocol';
import { ACK_STEP, AppError, MAX_OUTPUT_CHUNK, MAX_SCREEN_BYTES, VIEWER_LOW_MARK, VIEWER_WINDOW, decodeServerFrame } from '@berth/protocol';
import { FakeClock, settle } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { withScreens } from './late-screen.js';
import { LOG_PATIENCE_MS, SCREEN_MOST, TOO_SLOW_MS } from './limits.js';
import { payloadOf } from './testing/payload-of.js';
import { ViewerOutput } from './viewer-output.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A log that holds `[start, end)` of one run, and the screen that the host has taken last. */
const log = { start: 0, end: 0, away: false, screen: undefined as StoredScreen | undefined };
let clock: FakeClock;
let sent: string[];
let live: boolean;
let ended: boolean;

beforeEach(() => {
  Object.assign(log, { start: 0, end: 0, away: false, screen: undefined });
  clock = new FakeClock();
  sent = [];
  live = false;
  ended = false;
});

const screen = (offset: number, length = 3): StoredScreen => ({
  offset,
  cols: 90,
  rows: 30,
  serialized: new Uint8Array(length).fill(65),
  losses: [],
});

async function readLog({ from, max }: LogRange): Promise<LogItem[]> {
  if (log.away) throw new AppError('unavailable');
  if (from >= log.end) return [];
  if (from < log.start) return [{ type: 'gap', from, to: log.start, reason: 'pruned' }];
  return [{ type: 'bytes', offset: from, bytes: Buffer.alloc(Math.min(max, log.end - from)) }];
}

function viewer(from = 0): ViewerOutput {
  return new ViewerOutput({
    from,
    clock,
    readLog: withScreens(readLog, async () => {
      if (log.away) throw new AppError('unavailable');
      return log.screen;
    }),
    send: (message) => tell(decodeServerFrame(payloadOf(message))),
    joined: (joined) => (live = joined),
    exhausted: () => (ended = true),
    failed: (error) => {
      throw error;
    },
  });
}

/** Neighbouring output is one line. */
function tell(frame: ServerFrame): void {
  if (frame.type === 'output') {
    const [, from] = /^output (\d+)-(\d+)$/.exec(sent.at(-1) ?? '') ?? [];
    if (from !== undefined) sent.pop();
    sent.push(`output ${from ?? String(frame.offset)}-${String(frame.offset + frame.data.length)}`);
  } else if (frame.type === 'gap') sent.push(`gap ${String(frame.from)}-${String(frame.to)} ${frame.reason}`);
  else if (frame.type === 'screen') sent.push(`screen ${String(frame.offset)} ${frame.cols}x${frame.rows} ${frame.serialized.length}`);
  else sent.push(frame.type);
}

/** A host whose ring holds `[ringStart, head)`; what is asked of it is remembered. */
function host(output: ViewerOutput, ringStart: number) {
  const asked: string[] = [];
  const channel = {
    input: () => undefined,
    resize: () => undefined,
    close: () => undefined,
    addCredit: (bytes: number) => asked.push(`credit ${String(bytes)}`),
    resume: (from: number, credit: number) => asked.push(`resume ${String(from)} ${String(credit)}`),
  };
  output.opening();
  output.opened(channel as unknown as Parameters<ViewerOutput['opened']>[0], ringStart);
  output.behind(ringStart);
  return { asked };
}

describe('a viewer of what the log no longer has', () => {
  it('gets GAP, SCREEN, OUTPUT from the screen on', async () => {
    Object.assign(log, { start: 5 * MIB, end: 5 * MIB + 200 * KIB, screen: screen(5 * MIB + 10 * KIB) });
    const output = viewer();
    output.readToEnd();
    await settle();
    const at = 5 * MIB + 10 * KIB;
    expect(sent).toEqual([`gap 0-${at} pruned`, `screen ${at} 90x30 3`, `output ${at}-${log.end}`]);
    expect(ended).toBe(true);
  });

  it('gets it from the host where its ring begins, and then live', async () => {
    Object.assign(log, { start: 5 * MIB, end: 7 * MIB, screen: screen(6 * MIB) });
    const output = viewer();
    const { asked } = host(output, 6 * MIB + 64 * KIB);
    await settle();
    expect(sent.slice(0, 2)).toEqual([`gap 0-${6 * MIB} pruned`, `screen ${6 * MIB} 90x30 3`]);
    output.acknowledge(output.sent);
    await settle();
    const resumed = Number(asked.at(-1)?.split(' ')[1]);
    expect(asked.at(-1)).toMatch(/^resume/);
    output.replayed(resumed, new Uint8Array(1000));
    output.join(resumed + 1000);
    expect([live, sent.at(-1)]).toEqual([true, `output ${6 * MIB}-${resumed + 1000}`]);
  });

  it.each([
    ['no screen was taken', undefined],
    ['the log begins behind the screen', screen(4 * MIB)],
    ['the screen is too large for a frame', screen(5 * MIB, MAX_SCREEN_BYTES + 1)],
  ])('gets a gap as ever when %s', async (_when, taken) => {
    Object.assign(log, { start: 5 * MIB, end: 5 * MIB + 10, screen: taken });
    viewer().readToEnd();
    await settle();
    expect(sent).toEqual([`gap 0-${5 * MIB} pruned`, `output ${5 * MIB}-${5 * MIB + 10}`]);
  });

  it('waits for a store that is away, then goes on behind a gap where the host still is', async () => {
    Object.assign(log, { start: 5 * MIB, end: 7 * MIB, away: true, screen: screen(6 * MIB) });
    const output = viewer();
    const { asked } = host(output, 6 * MIB + 64 * KIB);
    await clock.run(LOG_PATIENCE_MS - 1);
    expect(sent).toEqual([]);
    await clock.run(1_000);
    expect(sent).toEqual([`gap 0-${6 * MIB + 64 * KIB} unlogged`]);
    expect(asked).toEqual([`resume ${6 * MIB + 64 * KIB} ${VIEWER_WINDOW}`]);
  });

  it('gets the screen when the store is back in time', async () => {
    Object.assign(log, { start: 5 * MIB, end: 5 * MIB, away: true, screen: screen(5 * MIB) });
    log.end += 10;
    viewer().readToEnd();
    await clock.run(1_000);
    log.away = false;
    await clock.run(1_000);
    expect(sent).toEqual([`gap 0-${5 * MIB} pruned`, `screen ${5 * MIB} 90x30 3`, `output ${5 * MIB}-${5 * MIB + 10}`]);
  });

  it('that comes back with an old offset gets what it lacks, and no screen where nothing is missing', async () => {
    Object.assign(log, { start: 5 * MIB, end: 6 * MIB, screen: screen(5 * MIB + 1) });
    viewer(5 * MIB).readToEnd();
    await settle();
    expect(sent).toEqual([`output ${5 * MIB}-${5 * MIB + VIEWER_WINDOW}`]);
    sent = [];
    viewer(5 * MIB - 1).readToEnd();
    await settle();
    expect(sent.slice(0, 2)).toEqual([`gap ${5 * MIB - 1}-${5 * MIB + 1} pruned`, `screen ${5 * MIB + 1} 90x30 3`]);
  });

  it('gets another screen when the log has left it behind again', async () => {
    Object.assign(log, { start: 0, end: 20 * MIB });
    const output = viewer();
    output.readToEnd();
    await settle();
    expect(sent).toEqual([`output 0-${VIEWER_WINDOW}`]);
    Object.assign(log, { start: 10 * MIB, end: 20 * MIB, screen: screen(11 * MIB) });
    output.acknowledge(VIEWER_WINDOW);
    await settle();
    expect(sent.slice(1, 3)).toEqual([`gap ${VIEWER_WINDOW}-${11 * MIB} pruned`, `screen ${11 * MIB} 90x30 3`]);
    Object.assign(log, { start: 19 * MIB, screen: screen(19 * MIB) });
    const stood = output.sent;
    output.acknowledge(stood);
    await settle();
    expect(sent.slice(4)).toEqual([`gap ${stood}-${19 * MIB} pruned`, `screen ${19 * MIB} 90x30 3`, expect.stringMatching(/^output/)]);
  });

  it('is left where it is by a screen that says nothing new', async () => {
    Object.assign(log, { start: 5 * MIB, end: 6 * MIB, screen: screen(5 * MIB) });
    const output = viewer(6 * MIB);
    output.readToEnd();
    await settle();
    expect([sent, output.sent]).toEqual([[], 6 * MIB]);
  });
});

describe('the window of a viewer that was given a screen', () => {
  const AT = 5 * MIB;

  async function given(bytes: number): Promise<ViewerOutput> {
    Object.assign(log, { start: AT, end: AT + 10 * MIB, screen: screen(AT, bytes) });
    const output = viewer();
    output.readToEnd();
    await settle();
    return output;
  }

  it('counts the screen until it is acknowledged, and never the gap', async () => {
    const output = await given(100 * KIB);
    // Whole chunks, so less than one is left free.
    const room = output.sent - AT;
    expect(room).toBeLessThanOrEqual(VIEWER_WINDOW - 100 * KIB);
    expect(room).toBeGreaterThan(VIEWER_WINDOW - 100 * KIB - MAX_OUTPUT_CHUNK);
    output.acknowledge(AT);
    expect(output.acked).toBe(AT);
    output.acknowledge(output.sent);
    await settle();
    expect(output.sent - AT).toBe(room + VIEWER_WINDOW);
  });

  it('takes an acknowledgement inside the gap for the whole gap, not for the screen', async () => {
    const output = await given(MAX_SCREEN_BYTES);
    const room = output.sent - AT;
    expect(room).toBe(VIEWER_WINDOW - SCREEN_MOST);
    expect(output.acknowledge(AT - 1)).toBe(true);
    await settle();
    expect([output.acked, output.sent - AT]).toEqual([AT, room]);
    expect(output.acknowledge(output.sent + 1)).toBe(false);
  });

  it.each([0, ACK_STEP - 1])(
    'goes on for a client that acknowledges output alone, %i bytes of it unacknowledged before',
    async (before) => {
      Object.assign(log, { start: 0, end: before });
      const output = viewer();
      output.readToEnd();
      await settle();
      Object.assign(log, { start: AT, end: AT + 10 * MIB, screen: screen(AT, MAX_SCREEN_BYTES) });
      output.readToEnd();
      await settle();
      expect(sent.at(-2)).toBe(`screen ${AT} 90x30 ${MAX_SCREEN_BYTES}`);
      const first = output.sent;
      expect(first - AT).toBeGreaterThanOrEqual(VIEWER_LOW_MARK);
      for (let acked = AT + ACK_STEP; acked <= first; acked += ACK_STEP) output.acknowledge(acked);
      await settle();
      expect(output.sent).toBeGreaterThan(first);
    },
  );

  it('is full, and the viewer too slow, when nothing is acknowledged', async () => {
    const output = await given(MAX_SCREEN_BYTES);
    await clock.run(TOO_SLOW_MS - 1);
    expect(output.tooSlow(clock.now())).toBe(false);
    await clock.run(1);
    expect(output.tooSlow(clock.now())).toBe(true);
  });
});
