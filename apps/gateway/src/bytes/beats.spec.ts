import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { BEAT_ROUNDS, Beats } from './beats.js';

const INTERVAL_MS = 10_000;

class Member {
  beats: number[] = [];

  constructor(private readonly clock: FakeClock) {}

  beat(): void {
    this.beats.push(this.clock.now());
  }
}

function crowd(size: number) {
  const clock = new FakeClock();
  const beats = new Beats<Member>(clock, INTERVAL_MS);
  const members = Array.from({ length: size }, () => new Member(clock));
  for (const member of members) beats.add(member);
  return { clock, beats, members };
}

describe('beats', () => {
  it('come to everybody once in each interval, and to few at the same moment', () => {
    const { clock, members } = crowd(1_000);
    clock.advance(3 * INTERVAL_MS);
    const moments = new Map<number, number>();
    for (const { beats } of members) {
      expect(beats).toHaveLength(3);
      for (const [index, at] of beats.entries()) {
        if (index > 0) expect(at - (beats[index - 1] ?? 0)).toBe(INTERVAL_MS);
        moments.set(at, (moments.get(at) ?? 0) + 1);
      }
    }
    expect(Math.max(...moments.values())).toBe(1_000 / BEAT_ROUNDS);
  });

  it('come not at once after a stall to who was asked right before it', () => {
    const { clock, members } = crowd(BEAT_ROUNDS);
    clock.advance(INTERVAL_MS);
    clock.sleep(60_000);
    clock.advance(INTERVAL_MS / 2);
    for (const { beats } of members) expect(beats.length).toBeLessThanOrEqual(2);
    clock.advance(INTERVAL_MS);
    for (const { beats } of members) {
      const [last = 0, before = 0] = beats.toReversed();
      expect(last - before).toBeGreaterThanOrEqual(INTERVAL_MS - INTERVAL_MS / BEAT_ROUNDS);
    }
  });

  it('pass over who has left, during a round too, and leave no timer behind', () => {
    const { clock, beats, members } = crowd(2 * BEAT_ROUNDS);
    const [first, gone] = [members[0], members[1]] as [Member, Member];
    beats.delete(gone);
    clock.advance(INTERVAL_MS);
    expect([first.beats.length, gone.beats.length, beats.size]).toEqual([1, 0, members.length - 1]);
    for (const member of [...beats]) beats.delete(member);
    expect([beats.size, clock.pending]).toEqual([0, 0]);
    beats.add(gone);
    clock.advance(INTERVAL_MS);
    expect(gone.beats).toHaveLength(1);
  });

  it('stop when they are told to', () => {
    const { clock, beats, members } = crowd(3);
    beats.stop();
    clock.advance(2 * INTERVAL_MS);
    expect([members[0]?.beats, clock.pending]).toEqual([[], 0]);
  });
});
