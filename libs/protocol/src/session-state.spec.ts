import { describe, expect, it } from 'vitest';
import { RUN_STATES, canAdvance, hasReached, statusAfter } from './session-state.js';

describe('run states', () => {
  it('only move forward', () => {
    for (const [i, from] of RUN_STATES.entries()) {
      for (const [j, to] of RUN_STATES.entries()) {
        expect(canAdvance(from, to)).toBe(j > i);
        expect(hasReached(from, to)).toBe(i >= j);
      }
    }
  });

  it('close the session or suspend it, by reason', () => {
    expect(statusAfter('exited')).toBe('closed');
    expect(statusAfter('cancelled')).toBe('closed');
    expect(statusAfter('host_lost')).toBe('suspended');
    expect(statusAfter('drained')).toBe('suspended');
  });
});
