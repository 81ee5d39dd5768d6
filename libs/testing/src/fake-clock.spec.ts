import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('runs timers at their own time and in order, those that timers set included', () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.now()}`));
    clock.after(10, () => {
      seen.push(`a${clock.now()}`);
      clock.after(5, () => seen.push(`c${clock.now()}`));
    });
    const cancel = clock.after(12, () => seen.push('never'));
    cancel();
    clock.advance(30);
    expect(seen).toEqual(['a10', 'c15', 'b20']);
    expect(clock.now()).toBe(30);
    expect(clock.pending).toBe(0);
  });

  it('lets promises settle between timers', async () => {
    const clock = new FakeClock();
    const seen: number[] = [];
    clock.after(10, () => void Promise.resolve().then(() => clock.after(10, () => seen.push(clock.now()))));
    await clock.run(25);
    expect(seen).toEqual([20]);
  });

  it('runs overdue timers late after a sleep', () => {
    const clock = new FakeClock();
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now()));
    clock.sleep(100);
    expect(seen).toEqual([]);
    clock.advance(0);
    expect(seen).toEqual([100]);
  });
});
