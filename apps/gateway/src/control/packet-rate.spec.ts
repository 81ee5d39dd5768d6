import { expect, it } from 'vitest';
import { MAX_WATCHES, PACKETS } from './limits.js';
import { PacketRate } from './packet-rate.js';

const sendUntilRefused = (rate: PacketRate, now: number): number => {
  let sent = 0;
  while (rate.take(now)) sent += 1;
  return sent;
};

it('takes a burst that watches everything again, then so many a second', () => {
  const rate = new PacketRate(0);
  expect(sendUntilRefused(rate, 0)).toBe(PACKETS.burst);
  expect(PACKETS.burst).toBeGreaterThan(2 * MAX_WATCHES);
  const steady = new PacketRate(0);
  for (let at = 0; at < 60_000; at += 1000 / PACKETS.aSecond) expect(steady.take(at)).toBe(true);
  expect(sendUntilRefused(steady, 3_600_000)).toBe(PACKETS.burst);
});
