import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { RunLease } from './run-lease.js';

function leased(enforced = true) {
  const clock = new FakeClock();
  const past: number[] = [];
  const lease = new RunLease({ clock, deadline: 100, enforced, onPast: () => past.push(clock.now()) });
  return { clock, past, lease };
}

describe('RunLease', () => {
  it('is valid until its deadline, which renewals move', () => {
    const { clock, lease, past } = leased();
    clock.sleep(99);
    expect(lease.valid()).toBe(true);
    lease.extend(200);
    clock.sleep(100);
    expect(lease.valid()).toBe(true);
    clock.sleep(1);
    expect(lease.valid()).toBe(false);
    expect(past).toEqual([200]);
  });

  it('stays past once it was, and says so once', () => {
    const { clock, lease, past } = leased();
    clock.sleep(100);
    expect(lease.valid()).toBe(false);
    lease.extend(1_000);
    expect(lease.valid()).toBe(false);
    expect(past).toHaveLength(1);
  });

  it('ends at once when it is lost, without a report of its own', () => {
    const { lease, past } = leased();
    lease.lose();
    expect(lease.valid()).toBe(false);
    expect(past).toEqual([]);
  });

  it('says yes to everything under the negative control, and still finds the deadline', () => {
    const { clock, lease, past } = leased(false);
    clock.sleep(500);
    expect(lease.valid()).toBe(true);
    expect(past).toEqual([500]);
  });
});
