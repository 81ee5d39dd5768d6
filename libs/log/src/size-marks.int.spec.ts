import type { SizeMark, TerminalSize } from '@berth/session';
import { MARKS_KEPT, sequenceBase } from '@berth/session';
import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { LogItem, RunRange } from './index.js';
import { RedisOutputLog } from './index.js';
import { LIVE, SIZE, output } from './testing/logged-run.js';
import { logLab } from './testing/log-lab.js';

const MIB = 1024 * 1024;

const lab = logLab();

/** A host that writes output and changes of size in order, and what somebody who saw it all was told. */
class Writer {
  /** `<bytes>` or `<cols>x<rows>`, one after the other. */
  readonly seen: string[] = [];
  size: TerminalSize = SIZE;
  private mark = 0;
  private last: SizeMark | undefined;
  private readonly appender;

  constructor(
    readonly epoch = 1,
    public end = 0,
    budget = 16 * MIB,
  ) {
    this.appender = new RedisOutputLog(lab.redis, () => budget).appender(lab.runs.run(epoch));
  }

  write(length: number): Promise<'ok' | 'fenced'> {
    this.end += length;
    this.mark = 0;
    this.seen.push(String(length));
    return this.appender.append(this.end, output(this.end - length, length), this.size);
  }

  resize(cols: number, rows = 24): Promise<'ok' | 'fenced'> {
    this.mark += 1;
    const { end: offset, mark, size: before } = this;
    this.last = { offset, sequence: sequenceBase(this.epoch) + mark, before, cols, rows };
    this.size = { cols, rows };
    this.seen.push(`${String(cols)}x${String(rows)}`);
    return this.appender.mark(this.last);
  }

  /** The last change again, as after an answer that was lost. */
  repeat(): Promise<'ok' | 'fenced'> {
    if (!this.last) throw new Error('nothing has been written');
    return this.appender.mark(this.last);
  }
}

/** What a reader is told: bytes added up between changes, `<cols>x<rows>` where the size is another, `gap`. */
function told(items: readonly LogItem[]): string[] {
  const lines: string[] = [];
  let bytes = 0;
  let size = '';
  const flush = () => {
    if (bytes > 0) lines.push(String(bytes));
    bytes = 0;
  };
  for (const item of items) {
    if (item.type === 'bytes') bytes += item.bytes.length;
    if (item.type === 'gap') {
      flush();
      lines.push('gap');
    }
    if (item.type !== 'size') continue;
    const text = `${String(item.cols)}x${String(item.rows)}`;
    if (text === size) continue;
    flush();
    lines.push(text);
    size = text;
  }
  flush();
  return lines;
}

/** Everything from a place on, in reads of about `max` bytes, each going on where the last one ended. */
async function readOn(from: number, { max = 5_000, ranges = [LIVE] as RunRange[] } = {}): Promise<LogItem[]> {
  const items: LogItem[] = [];
  let at = { from, sequence: 0 };
  for (;;) {
    const next = await lab.reader.read(lab.runs.with(...ranges), { ...at, max });
    if (next.length === 0) return items;
    for (const item of next) {
      if (item.type === 'size') {
        if (item.offset === at.from && item.sequence < at.sequence) throw new Error('a change is told twice');
        at = { from: item.offset, sequence: item.sequence };
      } else {
        at = { from: item.type === 'gap' ? item.to : item.offset + item.bytes.length, sequence: 0 };
      }
    }
    items.push(...next);
  }
}

/** Bytes added up as {@link told} does. */
function addUp(seen: readonly string[]): string[] {
  return seen.reduce<string[]>((lines, line) => {
    const last = lines.at(-1);
    if (line.includes('x') || last === undefined || last.includes('x')) return [...lines, line];
    return [...lines.slice(0, -1), String(Number(last) + Number(line))];
  }, []);
}

describe('changes of size in the log', () => {
  it('are told at their offsets, also back and forth without output in between, however much is read at once', async () => {
    const host = new Writer();
    await host.write(100);
    await host.resize(100);
    await host.resize(80);
    await host.write(50);
    await host.resize(120, 40);
    for (const max of [1, 30, 5_000]) expect(told(await readOn(0, { max }))).toEqual(['80x24', '100', '100x24', '80x24', '50', '120x40']);
    expect(told(await readOn(99))).toEqual(['80x24', '1', '100x24', '80x24', '50', '120x40']);
    expect(told(await readOn(100))).toEqual(['80x24', '100x24', '80x24', '50', '120x40']);
    expect(told(await readOn(101))).toEqual(['80x24', '49', '120x40']);
    expect(told(await readOn(150))).toEqual(['80x24', '120x40']);
  });

  it('are the same for a reader from any offset on any schedule', async () => {
    for (let seed = 0; seed < 10; seed++) {
      lab.anotherSession();
      const random = seededRandom(seed);
      const host = new Writer();
      for (let i = 0; i < 60; i++) {
        if (random.chance(0.5)) await host.write(random.int(1, 40));
        else await host.resize(host.size.cols === 80 ? random.int(81, 90) : 80);
      }
      const all = addUp(host.seen);
      for (const max of [1, 17, 1_000]) expect(told(await readOn(0, { max })).slice(-all.length)).toEqual(all);
      for (let from = 0; from <= host.end; from += 7) {
        const items = await readOn(from, { max: random.int(1, 200) });
        expect(items[0]?.type).toBe('size');
        const bytes = items.reduce((sum, item) => sum + (item.type === 'bytes' ? item.bytes.length : 0), 0);
        expect(bytes).toBe(host.end - from);
        const tail = told(items).slice(1);
        // The first stretch of bytes may be cut; behind it everything is as the host did it.
        expect(all.slice(all.length - tail.length + 1)).toEqual(tail.slice(1));
      }
    }
  });

  it('never make an answer of their own for a reader who does not keep track of them', async () => {
    const host = new Writer();
    await host.write(10);
    await host.resize(100);
    expect(await lab.reader.read(lab.runs.with(LIVE), { from: 10, max: 100 })).toEqual([]);
    await host.write(1);
    expect(told(await lab.reader.read(lab.runs.with(LIVE), { from: 10, max: 100 }))).toEqual(['80x24', '100x24', '1']);
  });

  it('are taken once, though the answer was lost', async () => {
    const host = new Writer();
    await host.write(10);
    await host.resize(100);
    for (let attempt = 0; attempt < 3; attempt++) expect(await host.repeat()).toBe('ok');
    await host.write(10);
    expect(await host.repeat()).toBe('ok');
    expect(told(await readOn(0))).toEqual(['80x24', '10', '100x24', '10']);
    expect(await lab.redis.xlen(lab.runs.key(1))).toBe(3);
  });

  it('stay few at one offset, however many there are', async () => {
    const host = new Writer();
    await host.write(10);
    for (let i = 1; i <= MARKS_KEPT + 50; i++) expect(await host.resize(100 + i)).toBe('ok');
    expect(await lab.redis.xlen(lab.runs.key(1))).toBe(1 + MARKS_KEPT);
    await host.write(10);
    const sizes = Array.from({ length: MARKS_KEPT + 1 }, (_, i) => `${String(150 + i)}x24`);
    expect(told(await readOn(0))).toEqual(['80x24', '10', ...sizes, '10']);
    expect(told(await readOn(10))).toEqual([...sizes, '10']);
  });

  it('go with the output around them when the log is trimmed', async () => {
    const host = new Writer(1, 0, 20_000);
    for (let i = 0; i < 3_000; i++) {
      await host.resize(i % 2 === 0 ? 90 : 80);
      await host.write(50);
    }
    const items = await readOn(0);
    expect(items[0]).toMatchObject({ type: 'gap', from: 0, reason: 'pruned' });
    expect(items[1]?.type).toBe('size');
    const start = items[0]?.type === 'gap' ? items[0].to : 0;
    // Each piece stands at the size that its number says.
    let size = 0;
    for (const item of items) {
      if (item.type === 'size') size = item.cols;
      if (item.type === 'bytes') expect(size).toBe((item.offset / 50) % 2 === 0 ? 90 : 80);
    }
    expect(start).toBeGreaterThan(0);
    expect(await lab.redis.xlen(lab.runs.key(1))).toBeLessThan(2 * (20_000 / 50) + 300);
  });

  it('are told behind a gap as the size at its end', async () => {
    const host = new Writer();
    await host.write(10);
    host.end += 90;
    host.size = { cols: 100, rows: 30 };
    await host.write(10);
    expect(told(await readOn(0))).toEqual(['80x24', '10', 'gap', '100x30', '10']);
  });

  it('of a run are not taken for those of the next one, which begins where it ended', async () => {
    const first = new Writer(1);
    await first.write(10);
    for (let cols = 100; cols < 105; cols++) await first.resize(cols);
    const second = new Writer(2, 10);
    second.size = first.size;
    await second.resize(70);
    await second.write(5);
    const ranges = [
      { epoch: 1, base: 0, end: 10 },
      { epoch: 2, base: 10, end: null },
    ];
    const after = ['100x24', '101x24', '102x24', '103x24', '104x24', '70x24', '5'];
    for (const max of [1, 10, 5_000]) {
      expect(told(await readOn(0, { max, ranges }))).toEqual(['80x24', '10', ...after]);
      expect(told(await readOn(10, { max, ranges }))).toEqual(['80x24', ...after]);
    }
  });

  it('are absent from the log of an earlier version, which is read as ever', async () => {
    await lab.redis.xadd(lab.runs.key(1), '10-0', 'b', Buffer.from(output(0, 10)));
    const host = new Writer(1, 10);
    await host.write(10);
    await host.resize(90);
    expect(told(await readOn(0))).toEqual(['10', '80x24', '10', '90x24']);
    await lab.redis.xadd(lab.runs.key(2), '64-0', 'b', Buffer.from(output(0, 10)));
    await lab.redis.xadd(lab.runs.key(2), '100-1', 's', '');
    expect(told(await readOn(54, { ranges: [{ epoch: 2, base: 54, end: null }] }))).toEqual(['10']);
    expect(await new RedisOutputLog(lab.redis, () => MIB).seal(lab.runs.run(2), { base: 54, limit: 100 })).toBe(64);
    expect(await new RedisOutputLog(lab.redis, () => MIB).appender(lab.runs.run(2)).append(70, output(0, 5), SIZE)).toBe('fenced');
  });
});

describe('the seal of a lost run, and its marks', () => {
  it('lets no late mark in, also at the last offset that was reserved, and drops none', async () => {
    const host = new Writer();
    await host.write(1_000);
    for (let i = 0; i < MARKS_KEPT; i++) await host.resize(100 + i);
    const entries = await lab.redis.xlen(lab.runs.key(1));
    const log = new RedisOutputLog(lab.redis, () => 16 * MIB);
    expect(await log.seal(lab.runs.run(1), { base: 0, limit: 1_000 })).toBe(1_000);
    for (let i = 0; i < 3; i++) expect(await host.resize(200 + i)).toBe('fenced');
    expect(await lab.redis.xlen(lab.runs.key(1))).toBe(entries + 1);
    expect(await log.seal(lab.runs.run(1), { base: 0, limit: 1_000 })).toBe(1_000);
    expect(told(await readOn(1_000)).at(-1)).toBe(`${String(99 + MARKS_KEPT)}x24`);
  });

  it('ends a run that has only changed its size at its base', async () => {
    const host = new Writer(1, 4_096);
    await host.resize(100);
    expect(await new RedisOutputLog(lab.redis, () => MIB).seal(lab.runs.run(1), { base: 4_096, limit: 8_192 })).toBe(4_096);
    expect(await host.repeat()).toBe('fenced');
  });

  it('agrees with every later reader about the sizes, whatever is being written meanwhile', async () => {
    for (let epoch = 1; epoch <= 100; epoch++) {
      const host = new Writer(epoch);
      const taken: string[] = [];
      const writing = (async () => {
        for (let i = 0; ; i++) {
          const result = await (i % 3 === 0 ? host.write(10) : host.resize(80 + (i % 40)));
          if (result === 'fenced') return;
          taken.push(host.seen.at(-1) ?? '');
        }
      })();
      for (let pause = epoch % 5; pause > 0; pause--) await lab.redis.ping();
      const end = await new RedisOutputLog(lab.redis, () => MIB).seal(lab.runs.run(epoch), { base: 0, limit: MIB });
      await writing;
      const items = await readOn(0, { ranges: [{ epoch, base: 0, end }] });
      expect(told(items).filter((line) => line !== '80x24')).toEqual(addUp(taken).filter((line) => line !== '80x24'));
    }
  });
});
