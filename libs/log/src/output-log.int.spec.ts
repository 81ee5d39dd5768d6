import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { RedisOutputLog } from './index.js';
import { LIVE, SIZE, outline, output, readAll } from './testing/logged-run.js';
import { logLab } from './testing/log-lab.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const lab = logLab();

const log = (budget = 16 * MIB) => new RedisOutputLog(lab.redis, () => budget);

/** Appends `[from, to)` in entries of the given size. */
async function write(epoch: number, [from, to]: [number, number], { size = 1_000, budget = 16 * MIB } = {}): Promise<void> {
  const appender = log(budget).appender(lab.runs.run(epoch));
  for (let at = from; at < to; at += size) {
    const end = Math.min(at + size, to);
    expect(await appender.append(end, output(at, end - at), SIZE)).toBe('ok');
  }
}

describe('the output log', () => {
  it('gives back the same bytes from every offset', async () => {
    await write(1, [0, 300], { size: 7 });
    for (let from = 0; from <= 300; from++)
      expect(outline(await readAll(lab.reader, lab.runs.with(LIVE), { from }), from)).toEqual([['end', 300]]);
  });

  it('gives back large and small entries alike, however much is asked for', async () => {
    await write(1, [0, 2 * MIB], { size: 64 * KIB });
    await write(1, [2 * MIB, 2 * MIB + 30_000], { size: 11 });
    for (const max of [1, 64 * KIB, MIB, 64 * MIB]) {
      const items = await readAll(lab.reader, lab.runs.with(LIVE), { from: 2 * MIB - (max === 1 ? 100 : 2 * MIB), max });
      const from = items.find(({ type }) => type === 'bytes') ? 2 * MIB - (max === 1 ? 100 : 2 * MIB) : -1;
      expect(outline(items, from)).toEqual([['end', 2 * MIB + 30_000]]);
    }
  });

  it('answers with about as much as was asked for', async () => {
    await write(1, [0, 2 * MIB], { size: 64 * KIB });
    const items = await lab.reader.read(lab.runs.with(LIVE), { from: 0, max: 128 * KIB });
    expect(outline(items)).toEqual([['end', 128 * KIB]]);
  });

  it.each([
    [64 * KIB - 128, 64],
    [20_000, 20],
    [1_000, 16],
    [50, 4],
    [1, 1],
  ])('keeps a run in entries of %i bytes within its budget, as Redis measures it', async (size, mib) => {
    const budget = mib * 64 * KIB;
    const end = Math.ceil((1.5 * budget) / Math.max(size, 20)) * size;
    await write(1, [0, end], { size, budget });
    const [gap, last] = outline(await readAll(lab.reader, lab.runs.with(LIVE), { max: MIB }));
    expect([gap?.[0], gap?.[2], last]).toEqual([0, 'pruned', ['end', end]]);
    const bytes = await lab.redis.memory('USAGE', lab.runs.key(1), 'SAMPLES', 0);
    expect(bytes).toBeGreaterThan(0.7 * budget);
    expect(bytes).toBeLessThan(1.1 * budget + 8 * KIB);
  });

  it('shows what was never logged as a gap between two entries', async () => {
    await write(1, [0, 2_000]);
    await write(1, [5_000, 6_000]);
    expect(outline(await readAll(lab.reader, lab.runs.with(LIVE)))).toEqual([
      [2_000, 5_000, 'unlogged'],
      ['end', 6_000],
    ]);
  });

  it('takes an append whose answer was lost for done', async () => {
    const appender = log().appender(lab.runs.run(1));
    for (let attempt = 0; attempt < 3; attempt++) expect(await appender.append(10, output(0, 10), SIZE)).toBe('ok');
    expect(outline(await readAll(lab.reader, lab.runs.with(LIVE)))).toEqual([['end', 10]]);
  });

  it('gives each byte once where entries overlap', async () => {
    const random = seededRandom(4);
    const appender = log().appender(lab.runs.run(1));
    let end = 0;
    for (let i = 0; i < 200; i++) {
      const from = Math.max(0, end - random.int(0, 50));
      end += random.int(1, 100);
      await appender.append(end, output(from, end - from), SIZE);
    }
    for (let from = 0; from < end; from += 37)
      expect(outline(await readAll(lab.reader, lab.runs.with(LIVE), { from }), from)).toEqual([['end', end]]);
  });

  it('walks from run to run and reports what a lost run never logged', async () => {
    await write(1, [0, 1_000]);
    await write(2, [64 * MIB, 64 * MIB + 500]);
    await write(3, [64 * MIB + 500, 64 * MIB + 900]);
    const session = lab.runs.with(
      { epoch: 1, base: 0, end: 1_000 },
      { epoch: 2, base: 64 * MIB, end: 64 * MIB + 500 },
      { epoch: 3, base: 64 * MIB + 500, end: null },
    );
    expect(outline(await readAll(lab.reader, session))).toEqual([
      [1_000, 64 * MIB, 'lost'],
      ['end', 64 * MIB + 900],
    ]);
  });

  it('does not show what lies behind the recorded end of a run, or before its base', async () => {
    await write(1, [0, 1_000]);
    await log().appender(lab.runs.run(1)).append(2_000, output(0, 1_000), SIZE);
    expect(outline(await readAll(lab.reader, lab.runs.with({ epoch: 1, base: 0, end: 1_000 })))).toEqual([['end', 1_000]]);
    expect(outline(await readAll(lab.reader, lab.runs.with({ epoch: 1, base: 0, end: 900 }, { epoch: 2, base: 900, end: null })))).toEqual([
      ['end', 900],
    ]);
  });

  it('says that a whole run is gone when its log is', async () => {
    await write(1, [0, 1_000]);
    await log().remove(lab.runs.run(1));
    expect(outline(await readAll(lab.reader, lab.runs.with({ epoch: 1, base: 0, end: 1_000 })))).toEqual([
      [0, 1_000, 'pruned'],
      ['end', 1_000],
    ]);
    expect(await readAll(lab.reader, lab.runs.with(LIVE))).toEqual([]);
  });

  it('is not brought back by what a host had under way when it was deleted', async () => {
    await write(1, [0, 1_000]);
    await log().seal(lab.runs.run(1), { base: 0, limit: MIB });
    await log().remove(lab.runs.run(1));
    expect(await log().appender(lab.runs.run(1)).append(2_000, output(1_000, 1_000), SIZE)).toBe('fenced');
    expect(await lab.redis.xlen(lab.runs.key(1))).toBe(0);
    expect(await lab.redis.ttl(lab.runs.key(1))).toBeGreaterThan(0);
  });

  it('goes away by itself some time after the close', async () => {
    await write(1, [0, 1_000]);
    await log().expire(lab.runs.run(1));
    expect(await lab.redis.ttl(lab.runs.key(1))).toBeGreaterThan(23 * 60 * 60);
  });
});

describe('the seal of a lost run', () => {
  it('lets no later append in', async () => {
    await write(1, [0, 1_000]);
    expect(await log().seal(lab.runs.run(1), { base: 0, limit: 64 * MIB })).toBe(1_000);
    expect(await log().appender(lab.runs.run(1)).append(1_064, output(1_000, 64), SIZE)).toBe('fenced');
    expect(
      await log()
        .appender(lab.runs.run(1))
        .append(64 * MIB, output(1_000, 64), SIZE),
    ).toBe('fenced');
    expect(await lab.redis.xlen(lab.runs.key(1))).toBe(2);
    expect(await log().seal(lab.runs.run(1), { base: 0, limit: 64 * MIB })).toBe(1_000);
    expect(await lab.redis.ttl(lab.runs.key(1))).toBeGreaterThan(0);
  });

  it('ends an empty run at its base', async () => {
    expect(await log().seal(lab.runs.run(1), { base: 4_096, limit: 64 * MIB })).toBe(4_096);
    expect(await log().appender(lab.runs.run(1)).append(5_000, output(0, 10), SIZE)).toBe('fenced');
  });

  it('stands above a run that has used every offset it reserved', async () => {
    await write(1, [0, 1_000]);
    expect(await log().seal(lab.runs.run(1), { base: 0, limit: 1_000 })).toBe(1_000);
    expect(await log().appender(lab.runs.run(1)).append(1_000, output(0, 1_000), SIZE)).toBe('fenced');
  });

  it('agrees with every later reader about the end, whatever is being appended meanwhile', async () => {
    for (let epoch = 1; epoch <= 200; epoch++) {
      const appender = log().appender(lab.runs.run(epoch));
      let written = 0;
      const writing = (async () => {
        while ((await appender.append(written + 10, output(written, 10), SIZE)) === 'ok') written += 10;
      })();
      for (let pause = epoch % 5; pause > 0; pause--) await lab.redis.ping();
      const end = await log().seal(lab.runs.run(epoch), { base: 0, limit: MIB });
      await writing;
      expect(end).toBe(written);
      expect(outline(await readAll(lab.reader, lab.runs.with({ epoch, base: 0, end: null })))).toEqual([['end', end]]);
    }
  });
});
