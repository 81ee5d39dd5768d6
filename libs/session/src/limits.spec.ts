import { ACK_STEP, MAX_OUTPUT_CHUNK, OFFSET_RESERVATION, VIEWER_WINDOW } from '@berth/protocol';
import { expect, it } from 'vitest';
import * as limits from './limits.js';

it('keeps every inequality that the limits state', () => {
  expect(limits.RING_MAX_BYTES).toBeGreaterThan(4 * limits.PAUSE_HEADROOM);
  expect(limits.COALESCE_MS).toBeLessThan(limits.QUIET_WINDOW_MS);
  expect(limits.COALESCE_BYTES).toBeLessThanOrEqual(MAX_OUTPUT_CHUNK);
  expect(limits.PACE_HIGH + 2 * MAX_OUTPUT_CHUNK).toBeLessThanOrEqual(VIEWER_WINDOW);
  expect(limits.PACE_LOW).toBeLessThan(limits.PACE_HIGH);
  expect(ACK_STEP).toBeLessThanOrEqual(limits.PACE_LOW);
  expect(limits.UNATTENDED_BURST).toBeGreaterThanOrEqual(limits.PAUSE_HEADROOM);
  expect(limits.RESERVE_WHEN_LEFT).toBeGreaterThan(limits.PAUSE_HEADROOM);
  expect(limits.RESERVE_WHEN_LEFT).toBeLessThan(OFFSET_RESERVATION);
});
