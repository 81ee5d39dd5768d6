import { describe, expect, it } from 'vitest';
import { Deadlines, leaseDeadline, mainLoopLimit } from './deadlines.js';

describe('deadlines', () => {
  it('counts a deadline from the sending of a renewal', () => {
    expect(leaseDeadline(1_000, 6_000, 1_000)).toBe(6_000);
  });

  it('lets the main loop be silent for a third of the lease, ten seconds at most', () => {
    expect(mainLoopLimit(6_000)).toBe(2_000);
    expect(mainLoopLimit(300_000)).toBe(10_000);
  });

  it('gives out each overdue run once, at its deadline and not before', () => {
    const deadlines = new Deadlines();
    deadlines.hold('a', 100);
    deadlines.hold('b', 200);
    expect(deadlines.takeOverdue(99)).toEqual([]);
    expect(deadlines.takeOverdue(100)).toEqual(['a']);
    expect(deadlines.takeOverdue(1_000)).toEqual(['b']);
    expect(deadlines.takeOverdue(1_000)).toEqual([]);
  });

  it('never moves a deadline back and does not revive a run', () => {
    const deadlines = new Deadlines();
    deadlines.hold('a', 100);
    deadlines.extend('a', 50);
    expect(deadlines.get('a')).toBe(100);
    deadlines.extend('a', 150);
    expect(deadlines.takeOverdue(150)).toEqual(['a']);
    deadlines.extend('a', 900);
    expect(deadlines.get('a')).toBeUndefined();
  });

  it('finds a run whose deadline was moved at its new time, and one that came later but ends sooner', () => {
    const deadlines = new Deadlines();
    deadlines.hold('a', 100);
    deadlines.hold('b', 300);
    deadlines.extend('a', 200);
    expect(deadlines.takeOverdue(150)).toEqual([]);
    deadlines.hold('c', 170);
    expect(deadlines.takeOverdue(180)).toEqual(['c']);
    expect(deadlines.takeOverdue(250)).toEqual(['a']);
    expect(deadlines.takeOverdue(300)).toEqual(['b']);
  });

  it('forgets a released run', () => {
    const deadlines = new Deadlines();
    deadlines.hold('a', 100);
    deadlines.release('a');
    expect(deadlines.takeOverdue(1_000)).toEqual([]);
  });
});
