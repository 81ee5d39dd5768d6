import type { LogItem, LogRange } from '@berth/log';
import { decodeServerFrame } from '@berth/protocol';
import type { PlacedSize, TerminalSize } from '@berth/session';
import { SizeHistory } from '@berth/session';
import { FakeClock, seededRandom, settle } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { outputMessage } from './message.js';
import { payloadOf } from './testing/payload-of.js';
import { ViewerOutput } from './viewer-output.js';

const START = { cols: 80, rows: 24 };

/** A run of which a log, a ring and a live channel tell overlapping parts. */
let sizes: SizeHistory;
let end: number;
/** What somebody who was there from the start has been told. */
let story: string[];
let sent: string[];
let ended: boolean;

beforeEach(() => {
  sizes = new SizeHistory({ base: 0, epoch: 1 }, START);
  end = 0;
  story = ['80'];
  sent = [];
  ended = false;
});

const write = (length: number): void => {
  end += length;
  tellOutput(story, length);
};
const resize = (cols: number): void => {
  if (cols === sizes.size.cols) return;
  sizes.add(end, { cols, rows: 24 });
  story.push(String(cols));
};

/** Neighbouring output is one line. */
function tellOutput(lines: string[], length: number): void {
  const [, before] = /^(\d+) bytes$/.exec(lines.at(-1) ?? '') ?? [];
  if (before !== undefined) lines.pop();
  lines.push(`${Number(before ?? 0) + length} bytes`);
}

/** What every source has from a place on, up to `to`. */
function itemsFrom(from: number, sequence: number, to: number): LogItem[] {
  const items: LogItem[] = [];
  let at = { offset: from, sequence };
  const size = (place: PlacedSize): void => void items.push({ type: 'size', ...place });
  size({ ...at, ...sizes.at(at) });
  for (;;) {
    const next = sizes.next(at);
    const stop = Math.min(next?.offset ?? to, to);
    if (stop > at.offset) {
      items.push({ type: 'bytes', offset: at.offset, bytes: Buffer.alloc(stop - at.offset) });
      at = { offset: stop, sequence: 0 };
    } else if (next && next.offset <= to) {
      size(next);
      at = next;
    } else {
      return items;
    }
  }
}

async function readLog({ from, sequence = 0, max }: LogRange): Promise<LogItem[]> {
  const items = itemsFrom(from, sequence, Math.min(end, from + max));
  return items.length > 1 ? items : [];
}

function viewer(from = 0, present: TerminalSize = START): ViewerOutput {
  const output = new ViewerOutput({
    from,
    clock: new FakeClock(),
    readLog,
    send: (message) => {
      const frame = decodeServerFrame(payloadOf(message));
      if (frame.type === 'output') tellOutput(sent, frame.data.length);
      if (frame.type === 'resize') sent.push(String(frame.cols));
    },
    joined: () => undefined,
    exhausted: () => (ended = true),
    failed: (error) => {
      throw error;
    },
  });
  output.attached(present);
  if (from === 0) sent.push(String(present.cols));
  return output;
}

/** A host whose ring begins at `ringStart`; answers a RESUME as it would. */
function host(output: ViewerOutput, ringStart: number) {
  const resumed: number[] = [];
  const channel = {
    addCredit: () => undefined,
    resume: (from: number) => resumed.push(from),
  };
  const { from } = output.opening();
  output.opened(channel as unknown as Parameters<ViewerOutput['opened']>[0], ringStart);
  if (from < ringStart) output.behind(ringStart);
  else resumed.push(from);
  return {
    /** The viewer channel, from where it was asked last, up to `to`. */
    replay: (to: number) => {
      for (const item of itemsFrom(resumed.at(-1) ?? 0, 0, to)) {
        if (item.type === 'size') output.replayedSize(item);
        if (item.type === 'bytes') output.replayed(item.offset, item.bytes);
      }
    },
    get resumed() {
      return resumed.at(-1);
    },
  };
}

describe('the sizes that a viewer is told', () => {
  it('stand where they happened in the log, the one at the start first', async () => {
    write(10);
    resize(100);
    resize(80);
    write(20);
    resize(90);
    viewer(0, { cols: 90, rows: 24 }).readToEnd();
    await settle();
    expect(sent).toEqual(['90', '80', '10 bytes', '100', '80', '20 bytes', '90']);
    expect(ended).toBe(true);
  });

  it('begin with the one before all changes there, whatever the present one is, for a client that goes on', async () => {
    write(10);
    resize(100);
    resize(80);
    write(20);
    viewer(10).readToEnd();
    await settle();
    expect(sent).toEqual(['80', '100', '80', '20 bytes']);
  });

  it('end with the present one, also where no change tells of it', async () => {
    write(10);
    const output = viewer(0, { cols: 60, rows: 24 });
    output.readToEnd();
    await settle();
    output.tellSize({ cols: 60, rows: 24 });
    output.tellSize({ cols: 60, rows: 24 });
    expect(sent).toEqual(['60', '80', '10 bytes', '60']);
  });

  it('are told once, though log, ring and live output overlap, on any schedule', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(seed);
      sizes = new SizeHistory({ base: 0, epoch: 1 }, START);
      [end, story, sent] = [0, ['80'], []];
      const happen = (): void => {
        for (let i = random.int(0, 12); i > 0; i--) {
          if (random.chance(0.5)) write(random.int(1, 50));
          else resize(random.int(20, 120));
        }
      };
      happen();
      const output = viewer();
      const ring = random.int(0, end);
      const { replay } = host(output, ring);
      for (let i = 0; i < 6; i++) {
        await settle();
        // Only part of what the ring has, then a fall back to the viewer's own place.
        if (random.chance(0.5)) {
          replay(random.int(output.sent, end));
          output.behind(Math.min(end, output.sent + random.int(0, 1)));
        } else {
          replay(end);
          output.join(end);
          const from = end;
          happen();
          // The live channel lags: it tells again what the viewer has.
          for (const item of itemsFrom(random.int(0, from), 0, end)) {
            if (item.type === 'size' && item.sequence > 0) output.liveSized(item);
            if (item.type === 'bytes') output.live(item.offset, item.bytes, outputMessage(item.offset, item.bytes));
          }
          output.behind(random.pick([0, end]));
        }
      }
      await settle();
      replay(end);
      expect(sent, `seed ${seed}`).toEqual(story);
    }
  });
});
