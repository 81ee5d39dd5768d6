import type { Viewer } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { expect, it } from 'vitest';
import { COALESCE_MS, LOOK_MS } from './limits.js';
import { SessionWatch } from './session-watch.js';

const viewer = (id: string): Viewer => ({ id }) as Viewer;

it('tells of changes at once, of bursts in few words, and of what nobody rang for at the next look', async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  let ring: () => void = () => undefined;
  let viewers: Viewer[] = [];
  let reads = 0;
  const watch = new SessionWatch({
    read: async () => {
      reads += 1;
      return [...viewers];
    },
    listen: (rung) => {
      ring = rung;
      return () => undefined;
    },
    emit: (now) => told.push(now.map(({ id }) => id).join()),
    clock,
  });
  await clock.run(COALESCE_MS);
  expect(told).toEqual(['']);
  viewers = [viewer('a')];
  ring();
  await clock.run(0);
  expect(told).toEqual(['', 'a']);
  reads = 0;
  for (let i = 0; i < 100; i += 1) {
    viewers = [viewer(String(i))];
    ring();
    await clock.run(10);
  }
  await clock.run(COALESCE_MS);
  expect(reads).toBeLessThanOrEqual(1000 / COALESCE_MS + 1);
  expect(told.at(-1)).toBe('99');
  viewers = [];
  await clock.run(LOOK_MS);
  expect(told.at(-1)).toBe('');
  watch.close();
  ring();
  expect(clock.pending).toBe(0);
});
