import { seededRandom, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckedViewer, openLive } from './testing/checked-viewer.js';
import { LinkLab } from './testing/link-lab.js';
import { SeededSession } from './testing/seeded-session.js';

const MIB = 1024 * 1024;

const lab = new LinkLab();
afterEach(() => lab.close());

/** `<offset> <cols>x<rows>` of everything behind an offset, the size there first. */
function sizesFrom({ sizes }: SeededSession, offset: number): string[] {
  const { cols, rows } = sizes.at({ offset, sequence: 0 });
  const lines = [`${String(offset)} ${String(cols)}x${String(rows)}`];
  for (let mark = sizes.next({ offset, sequence: 0 }); mark; mark = sizes.next(mark))
    lines.push(`${String(mark.offset)} ${String(mark.cols)}x${String(mark.rows)}`);
  return lines;
}

describe('a change of size', () => {
  it('comes between the bytes where it happened, from the ring and live', async () => {
    const session = new SeededSession(1 * MIB);
    session.emit(100_000);
    session.resize(100, 30);
    session.resize(80, 24);
    session.emit(100_000);
    const { connection } = await lab.connected(session);
    const viewers: CheckedViewer[] = [];
    const live = openLive(connection, viewers);
    const early = new CheckedViewer(live, session);
    const there = new CheckedViewer(live, session, { from: 100_000, clientId: 'b' });
    const late = new CheckedViewer(live, session, { from: 200_000, clientId: 'c', credit: 0 });
    viewers.push(early, there, late);
    await waitFor(() => viewers.every(({ joined }) => joined));
    session.resize(132, 43);
    session.emit(10);
    session.resize(90, 20);
    await waitFor(() => viewers.every(({ sizes }) => sizes.at(-1) === '200010 90x20'));
    for (const [viewer, from] of [
      [early, 0],
      [there, 100_000],
      [late, 200_000],
    ] as const)
      expect(viewer.sizes).toEqual(sizesFrom(session, from));
    expect(early.sizes).toEqual(['0 80x24', '100000 100x30', '100000 80x24', '200000 132x43', '200010 90x20']);
  });

  it('is told once and in its place to everybody, under flood, for any place to begin, any credit, and any fall back', async () => {
    const session = new SeededSession(4 * MIB);
    const random = seededRandom(5);
    const { connection } = await lab.connected(session);
    const viewers: CheckedViewer[] = [];
    const begun = new Map<CheckedViewer, number>();
    const live = openLive(connection, viewers);
    for (let i = 0; i < 2_000; i++) {
      if (session.head < 3 * MIB) session.emit(random.int(1, 3_000));
      while (random.chance(0.2)) session.resize(random.int(2, 200), random.int(1, 60));
      if (random.chance(0.05)) {
        const from = random.pick([0, session.head, random.int(0, session.head)]);
        const viewer = new CheckedViewer(live, session, { from, credit: random.int(0, 50_000), clientId: `v${String(i)}` });
        begun.set(viewer, from);
        viewers.push(viewer);
      }
      for (const viewer of viewers) if (!viewer.joined) viewer.channel.addCredit(random.int(1, 50_000));
      // Who resumes where it stands is told nothing twice.
      const joined = viewers.filter((viewer) => viewer.joined);
      if (joined.length > 0 && random.chance(0.1)) random.pick(joined).resume();
      if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const viewer of viewers) viewer.channel.addCredit(8 * MIB);
    await waitFor(() => viewers.every(({ at, joined }) => at === session.head && joined), 10_000, 'every viewer to have every byte');
    session.resize(71, 17);
    await waitFor(() => viewers.every(({ sizes }) => sizes.at(-1)?.endsWith(' 71x17')), 5_000, 'every viewer to have every size');
    expect(viewers.length).toBeGreaterThan(50);
    for (const viewer of viewers) expect(viewer.sizes).toEqual(sizesFrom(session, begun.get(viewer) ?? 0));
  });
});
