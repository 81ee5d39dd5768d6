import { MAX_OUTPUT_CHUNK } from '@berth/protocol';
import { seededBytes, seededRandom, verifySeeded } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { openSession } from '../testing/open-session.js';

const SEED = 31;
const MIB = 1024 * 1024;

type Run = ReturnType<typeof openSession>;
const flood = (run: Run, length: number) => run.program.flood(length, (offset, count) => seededBytes(SEED, offset, count));

/** A viewer that reads on from any offset, by catching up from the ring and joining the live output, as a link does. */
function viewer(run: Run, from: number) {
  const source = {};
  const state = { at: from, wrong: 0, acked: from };
  const take = (offset: number, bytes: Uint8Array) => {
    expect(offset).toBe(state.at);
    expect(bytes.length).toBeLessThanOrEqual(MAX_OUTPUT_CHUNK);
    if (verifySeeded(SEED, offset - run.base, bytes) !== -1) state.wrong++;
    state.at += bytes.length;
  };
  const live = { output: take, resized: () => undefined, state: () => undefined };
  while (state.at < run.session.head) take(state.at, run.session.read(state.at, 10_000));
  const unwatch = run.session.watch(live);
  return {
    state,
    acknowledge: (upTo: number) => run.session.acknowledge(source, (state.acked = upTo)),
    leave: (how: 'left' | 'lost') => {
      unwatch();
      run.session.release(source, how);
    },
  };
}

describe("a session's output", () => {
  it('is whole for every viewer and in the log, whoever comes and goes', async () => {
    for (let seed = 0; seed < 4; seed++) {
      const random = seededRandom(seed);
      const run = openSession();
      await run.session.start();
      flood(run, 8 * MIB);
      let viewers = [viewer(run, run.base)];
      while (run.session.head < run.base + 8 * MIB) {
        for (const one of viewers) if (random.chance(0.7)) one.acknowledge(one.state.at);
        if (random.chance(0.1)) {
          const [gone, ...rest] = viewers;
          gone?.leave(random.pick(['left', 'lost']));
          viewers = [...rest, viewer(run, random.int(run.session.ringStart, run.session.head))];
        }
        if (random.chance(0.1) && viewers.length < 4) viewers.push(viewer(run, run.session.head));
        await run.turns(random.int(1, 5));
      }
      run.program.exit({ exitCode: 0 });
      expect(await run.finish()).toMatchObject({ end: run.base + 8 * MIB, logEnd: run.base + 8 * MIB });
      for (const { state } of viewers) expect(state).toMatchObject({ at: run.base + 8 * MIB, wrong: 0 });
      expect(run.output()).toHaveLength(8 * MIB);
      expect(verifySeeded(SEED, 0, run.output())).toBe(-1);
      expect(verifySeeded(SEED, 0, run.logged())).toBe(-1);
      expect(run.logged()).toHaveLength(8 * MIB);
      expect(run.clock.pending, `seed ${seed}`).toBe(0);
    }
  });

  it('echoes a keystroke in the turn in which it is read', async () => {
    const run = openSession();
    await run.session.start();
    run.program.print(seededBytes(SEED, 0, 3));
    const before = run.clock.now();
    while (run.session.head === run.base) await run.turns(0);
    expect(run.clock.now()).toBe(before);
  });

  it('goes out in few messages when there is much', async () => {
    const run = openSession();
    const messages: number[] = [];
    run.session.watch({ output: (_, bytes) => messages.push(bytes.length), resized: () => undefined, state: () => undefined });
    await run.session.start();
    const one = viewer(run, run.base);
    const total = 50 * 20_000;
    for (let at = 0; at < total; at += 20_000) run.program.print(seededBytes(SEED, at, 20_000));
    while (run.session.head < run.base + total) {
      one.acknowledge(one.state.at);
      await run.turns(1);
    }
    // Three fit into one message, and none is cut in two.
    expect(messages).toEqual([...Array<number>(16).fill(60_000), 40_000]);
  });

  it('never passes the reserved offsets, waits for more, and loses nothing of what waited', async () => {
    let reserved = 64 * MIB;
    let away = true;
    const run: Run = openSession({
      offsets: {
        reserve: (limit) => (away ? Promise.reject(new Error('away')) : Promise.resolve((reserved = limit - run.base) + run.base)),
      },
    });
    await run.session.start();
    flood(run, 70 * MIB);
    const one = viewer(run, run.base);
    const go = async (turns: number) => {
      for (let i = 0; i < turns; i++) {
        one.acknowledge(one.state.at);
        await run.turns(1);
        expect(run.session.head).toBeLessThanOrEqual(run.base + reserved);
      }
    };
    await go(3_000);
    expect(run.session.head).toBeGreaterThan(run.base + 63 * MIB);
    expect(run.session.head).toBeLessThanOrEqual(run.base + 64 * MIB);
    away = false;
    await go(2_500);
    run.program.exit({ exitCode: 0 });
    expect(await run.finish()).toMatchObject({ end: run.base + 70 * MIB });
    expect(one.state.wrong).toBe(0);
  });

  it('holds what still comes after the last reserved offset', async () => {
    let away = true;
    const run = openSession({
      offsets: { reserve: (limit) => (away ? Promise.reject(new Error('away')) : Promise.resolve(limit)) },
    });
    run.program.pause = () => undefined;
    await run.session.start();
    const fits = 64 * MIB - 1_000;
    flood(run, fits);
    // The first of these does not fit any more; the second would, and has to wait its turn.
    run.program.print(seededBytes(SEED, fits, 5_000));
    run.program.print(seededBytes(SEED, fits + 5_000, 500));
    const one = viewer(run, run.base);
    await run.turns(1_200);
    expect(run.session.head).toBe(run.base + fits);
    away = false;
    run.program.exit({ exitCode: 0 });
    const end = run.base + fits + 5_500;
    expect(await run.finish()).toMatchObject({ end, logEnd: end });
    expect(one.state).toMatchObject({ at: end, wrong: 0 });
  });

  it('is fenced when the reservation says that the run has another owner', async () => {
    const run = openSession({ offsets: { reserve: () => Promise.resolve('lease_lost') } });
    await run.session.start();
    flood(run, 60 * MIB);
    const one = viewer(run, run.base);
    let fenced = false;
    void run.session.finished.then((result) => (fenced = result.fenced));
    for (let i = 0; i < 2_000 && !fenced; i++) {
      one.acknowledge(one.state.at);
      await run.turns(1);
    }
    expect(fenced).toBe(true);
    expect(run.killed()).toBe(true);
  });

  it('holds the program for 2 s at most while the log is away, and then leaves an exact gap', async () => {
    let away = true;
    const entries: { end: number; bytes: Uint8Array }[] = [];
    const run = openSession({
      log: {
        append: (end, bytes) => {
          if (away) return Promise.reject(new Error('away'));
          entries.push({ end, bytes: bytes.slice() });
          return Promise.resolve('ok');
        },
        mark: () => Promise.resolve('ok'),
      },
    });
    await run.session.start();
    flood(run, 24 * MIB);
    const one = viewer(run, run.base);
    let still = 0;
    let longest = 0;
    const go = async (turns: number) => {
      for (let i = 0; i < turns; i++) {
        const before = run.session.head;
        one.acknowledge(one.state.at);
        await run.turns(1);
        still = run.session.head === before ? still + 1 : 0;
        if (run.session.head < run.base + 24 * MIB) longest = Math.max(longest, still);
      }
    };
    await go(3_000);
    expect(run.session.head).toBe(run.base + 24 * MIB);
    expect(longest).toBeGreaterThan(1_900);
    expect(longest).toBeLessThan(2_100);
    away = false;
    run.program.exit({ exitCode: 0 });
    const { end, logEnd } = await run.finish();
    expect(logEnd).toBe(end);
    expect(one.state).toMatchObject({ at: end, wrong: 0 });
    let gap = 0;
    let at = run.base;
    for (const entry of entries) {
      const start = entry.end - entry.bytes.length;
      expect(start).toBeGreaterThanOrEqual(at);
      expect(verifySeeded(SEED, start - run.base, entry.bytes)).toBe(-1);
      gap += start - at;
      at = entry.end;
    }
    expect(at).toBe(end);
    expect(gap).toBeGreaterThan(0);
    expect(gap).toBeLessThanOrEqual(20 * MIB);
  });

  it('reaches every listener in one order, although one of them acts on what it hears', async () => {
    const run = openSession();
    await run.session.start();
    const heard: string[] = [];
    const attachment = run.session.attach(run.viewer('a'), run.viewerEvents);
    run.session.watch({
      output: () => attachment.resize(100, 30),
      resized: () => run.session.close('cancelled'),
      state: () => undefined,
    });
    run.session.watch({
      output: (_, bytes) => heard.push(`output ${bytes.length}`),
      resized: ({ cols, rows }) => heard.push(`resized ${cols}x${rows}`),
      state: ({ state }) => heard.push(state),
    });
    run.program.print(seededBytes(SEED, 0, 10));
    await run.finish();
    expect(heard).toEqual(['output 10', 'resized 100x30', 'closing', 'closed']);
  });

  it('changes its size behind all that has come, for listeners and for the log', async () => {
    const run = openSession();
    await run.session.start();
    const heard: string[] = [];
    run.session.watch({
      output: (offset, bytes) => heard.push(String(offset - run.base + bytes.length)),
      resized: ({ offset, cols, rows }) => heard.push(`${offset - run.base} becomes ${cols}x${rows}`),
      state: () => undefined,
    });
    const attachment = run.session.attach(run.viewer('a'), run.viewerEvents);
    run.program.print(seededBytes(SEED, 0, 5_000));
    await run.turns(0);
    // All of it waits for company when the size changes.
    expect(heard).toEqual([]);
    attachment.resize(100, 30);
    attachment.resize(100, 30);
    attachment.resize(80, 24);
    run.program.print(seededBytes(SEED, 5_000, 10));
    run.program.exit({ exitCode: 0 });
    await run.finish();
    expect(heard).toEqual(['5000', '5000 becomes 100x30', '5000 becomes 80x24', '5010']);
    expect(run.logOrder).toEqual(['5000 at 80x24', '5000 becomes 100x30', '5000 becomes 80x24', '5010 at 80x24']);
    expect(run.session.sizes.next({ offset: run.base, sequence: 0 })).toMatchObject({ offset: run.base + 5_000, cols: 100 });
  });

  it('refuses to read what is not there', async () => {
    const run = openSession();
    await run.session.start();
    run.program.print(seededBytes(SEED, 0, 10));
    await run.turns(2);
    expect(() => run.session.read(run.base - 1, 1)).toThrow(RangeError);
    expect(() => run.session.read(run.base + 11, 1)).toThrow(RangeError);
    expect(run.session.read(run.base + 10, 1)).toHaveLength(0);
    expect(run.session.read(run.base + 4, 100)).toEqual(seededBytes(SEED, 4, 6));
  });
});
