import { describe, expect, it } from 'vitest';
import { MESSAGES_A_SECOND, MESSAGE_BURST, THROTTLED_MS } from './limits.js';
import { MessageRate } from './message-rate.js';

describe('MessageRate', () => {
  it('lets a burst pass, then asks for pauses that keep to the rate', () => {
    const rate = new MessageRate(0);
    for (let i = 0; i < MESSAGE_BURST; i++) expect(rate.take(0).kind).toBe('go');
    expect(rate.take(0)).toEqual({ kind: 'pause', ms: 1 });
    for (let i = 0; i < 999; i++) rate.take(0);
    expect(rate.take(0)).toEqual({ kind: 'pause', ms: Math.ceil((1001 * 1000) / MESSAGES_A_SECOND) });
  });

  it('T27: lets a client go that floods without a rest', () => {
    const rate = new MessageRate(0);
    let now = 0;
    let verdict = rate.take(now);
    while (verdict.kind !== 'close') {
      now += verdict.kind === 'pause' ? verdict.ms : 0;
      verdict = rate.take(now);
      expect(now).toBeLessThan(2 * THROTTLED_MS + 1000);
    }
    expect(now).toBeGreaterThanOrEqual(THROTTLED_MS);
  });

  it('forgives after a rest', () => {
    const rate = new MessageRate(0);
    for (let round = 0; round < 10; round++) {
      const now = round * 60_000;
      for (let i = 0; i <= MESSAGE_BURST; i++) rate.take(now);
      expect(rate.take(now).kind).toBe('pause');
    }
  });
});
