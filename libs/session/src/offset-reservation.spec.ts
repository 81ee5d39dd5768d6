import { OFFSET_RESERVATION } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { PAUSE_HEADROOM, RESERVE_WHEN_LEFT } from './limits.js';
import { OffsetReservation } from './offset-reservation.js';

function reservation() {
  const clock = new FakeClock();
  const state = { away: false, lost: 0, raised: 0, asked: [] as number[], answer: undefined as 'lease_lost' | undefined };
  const subject = new OffsetReservation({
    limit: OFFSET_RESERVATION,
    clock,
    offsets: {
      reserve: (limit) => {
        state.asked.push(limit);
        return state.away ? Promise.reject(new Error('away')) : Promise.resolve(state.answer ?? limit);
      },
    },
    onRaised: () => state.raised++,
    onLost: () => state.lost++,
  });
  return { clock, state, subject };
}

describe('OffsetReservation', () => {
  it('asks for the next block in time, once', async () => {
    const { clock, state, subject } = reservation();
    subject.ensure(OFFSET_RESERVATION - RESERVE_WHEN_LEFT - 1);
    expect(state.asked).toEqual([]);
    subject.ensure(OFFSET_RESERVATION - RESERVE_WHEN_LEFT);
    subject.ensure(OFFSET_RESERVATION - RESERVE_WHEN_LEFT + 1);
    expect(state.asked).toEqual([2 * OFFSET_RESERVATION]);
    await clock.run(0);
    expect(state.raised).toBe(1);
    expect(subject.left(0)).toBe(2 * OFFSET_RESERVATION);
  });

  it('asks again while the store is away, and says when the program must wait', async () => {
    const { clock, state, subject } = reservation();
    state.away = true;
    subject.ensure(OFFSET_RESERVATION - PAUSE_HEADROOM);
    expect(subject.isShort(OFFSET_RESERVATION - PAUSE_HEADROOM)).toBe(false);
    expect(subject.isShort(OFFSET_RESERVATION - PAUSE_HEADROOM + 1)).toBe(true);
    await clock.run(10_000);
    expect(state.asked.length).toBeGreaterThan(3);
    state.away = false;
    await clock.run(5_000);
    expect(state.raised).toBe(1);
    expect(subject.isShort(OFFSET_RESERVATION)).toBe(false);
  });

  it('reports a lost lease, and asks no more once stopped', async () => {
    const { clock, state, subject } = reservation();
    state.answer = 'lease_lost';
    subject.ensure(OFFSET_RESERVATION);
    await clock.run(0);
    expect(state).toMatchObject({ lost: 1, raised: 0 });
    expect(subject.left(0)).toBe(OFFSET_RESERVATION);

    const other = reservation();
    other.state.away = true;
    other.subject.ensure(OFFSET_RESERVATION);
    await other.clock.run(0);
    other.subject.stop();
    await other.clock.run(60_000);
    expect(other.state.asked).toHaveLength(1);
    expect(other.clock.pending).toBe(0);
  });
});
