import { describe, expect, it } from 'vitest';
import { MAX_PENDING, MAX_PENDING_OF_ADDRESS } from './limits.js';
import { PendingConnections } from './pending-connections.js';

describe('PendingConnections', () => {
  it('T30: limits one address, and all of them together, and counts down once', () => {
    const pending = new PendingConnections();
    const leave: (() => void)[] = [];
    const enter = (address: string) => {
      const entered = pending.enter(address);
      if (typeof entered === 'function') leave.push(entered);
      return typeof entered === 'function' ? 'in' : entered;
    };
    for (let i = 0; i < MAX_PENDING_OF_ADDRESS; i++) expect(enter('a')).toBe('in');
    expect(enter('a')).toBe('address');
    for (let i = MAX_PENDING_OF_ADDRESS; i < MAX_PENDING; i++) expect(enter(`b${i}`)).toBe('in');
    expect(enter('c')).toBe('total');
    leave[0]?.();
    leave[0]?.();
    expect(pending.count).toBe(MAX_PENDING - 1);
    expect(enter('a')).toBe('in');
    for (const call of leave) call();
    expect(pending.count).toBe(0);
  });
});
