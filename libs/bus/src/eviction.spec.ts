import { describe, expect, it } from 'vitest';
import { refuseEviction } from './eviction.js';

describe('refuseEviction', () => {
  it('accepts the one policy that drops nothing', () => {
    expect(() => refuseEviction('# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nallocator:jemalloc\r\n')).not.toThrow();
  });

  it('refuses any other, and says what to do', () => {
    expect(() => refuseEviction('maxmemory_policy:allkeys-lru\r\n')).toThrow(
      /is allkeys-lru\): set "maxmemory-policy noeviction" in redis\.conf/,
    );
    expect(() => refuseEviction('')).toThrow(/is unknown/);
  });
});
