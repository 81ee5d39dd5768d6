import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { openSession } from '../testing/open-session.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a session's input", () => {
  it('reaches the program once and in order through any cuts', async () => {
    const random = seededRandom(5);
    const run = openSession();
    await run.session.start();
    const total = 500;
    let acked = 0;
    while (acked < total) {
      const acks: number[] = [];
      const attachment = run.session.attach(run.viewer('a'), { ...run.viewerEvents, inputAck: (seq) => acks.push(seq) });
      const upTo = Math.min(total, acked + random.int(1, 20));
      for (let seq = acked + 1; seq <= upTo; seq++) attachment.input(seq, bytes(`<${seq}>`));
      await run.turns(random.int(0, 2));
      // The cut may take the acknowledgements with it, or the client's own farewell.
      if (random.chance(0.6)) acked = Math.max(acked, ...acks);
      if (random.chance(0.5)) attachment.detach();
    }
    const expected = Array.from({ length: total }, (_, i) => `<${i + 1}>`).join('');
    for (let i = 0; i < 2_000 && run.output().length < expected.length; i++) await run.turns(1);
    expect(run.output().toString()).toBe(expected);
  });

  it('waits for the program to run, and then comes first', async () => {
    const run = openSession();
    const attachment = run.session.attach(run.viewer('a'), run.viewerEvents);
    attachment.input(1, bytes('early '));
    await run.session.start();
    attachment.input(2, bytes('later'));
    await run.turns(10);
    expect(run.heard).toEqual(['ack 1', 'ack 2']);
    expect(run.output().toString()).toBe('early later');
  });

  it('is refused when the program does not read, and what was acknowledged survives a takeover by another tab', async () => {
    const run = openSession();
    await run.session.start();
    run.program.setReading(false);
    const first = run.session.attach(run.viewer('a'), run.viewerEvents);
    const piece = new Uint8Array(600 * 1024).fill(97);
    first.input(1, piece);
    first.input(2, piece);
    const second = run.session.attach(run.viewer('a'), run.viewerEvents);
    expect(run.heard).toEqual(['ack 1', 'reject 2 input_full', 'closed superseded']);
    expect(second.lastInputSeq).toBe(2);
    run.program.setReading(true);
    second.input(3, bytes('end'));
    await run.turns(500);
    expect(run.output()).toHaveLength(piece.length + 3);
    expect(run.output().subarray(-4).toString()).toBe('aend');
  });

  it('is not taken any more once the run is closing', async () => {
    const run = openSession();
    await run.session.start();
    const attachment = run.session.attach(run.viewer('a'), run.viewerEvents);
    run.session.close('cancelled');
    attachment.input(1, bytes('late'));
    attachment.resize(100, 30);
    await run.finish();
    expect(run.heard).toEqual([]);
    expect(run.sizes).toEqual([]);
    expect(run.output()).toHaveLength(0);
  });

  it('does as it is told by the commands of the echo program', async () => {
    const run = openSession();
    await run.session.start();
    const attachment = run.session.attach(run.viewer('a'), run.viewerEvents);
    attachment.input(1, bytes('!exit 9\n'));
    expect(await run.finish()).toMatchObject({ reason: 'exited', exitCode: 9 });
    expect(run.output().toString()).toBe('!exit 9\n');
  });
});

describe("a session's size", () => {
  it('belongs to the drivers, within bounds, and is told once', async () => {
    const run = openSession();
    await run.session.start();
    const viewer = run.session.attach({ ...run.viewer('v'), wantsDrive: false, cols: 33, rows: 33 }, run.viewerEvents);
    const driver = run.session.attach({ ...run.viewer('d'), cols: 100, rows: 30 }, run.viewerEvents);
    viewer.resize(44, 44);
    driver.resize(100, 30);
    for (const [cols, rows] of [
      [1, 30],
      [1001, 30],
      [100, 0],
      [100, 501],
      [99.5, 30],
      [Number.NaN, 30],
    ] as const)
      driver.resize(cols, rows);
    driver.resize(120, 40);
    expect(run.sizes).toEqual(['100x30', '120x40']);
    expect([run.session.cols, run.session.rows]).toEqual([120, 40]);
  });
});
