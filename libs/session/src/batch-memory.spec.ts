import { describe, expect, it } from 'vitest';
import { BatchMemory } from './batch-memory.js';
import { LOG_BATCH_BYTES } from './limits.js';

describe('memory of log batches', () => {
  it('is used again, and never by two at once', () => {
    const memory = new BatchMemory();
    const [first, second] = [memory.take(LOG_BATCH_BYTES), memory.take(LOG_BATCH_BYTES - 1)];
    expect(first.buffer).not.toBe(second.buffer);
    memory.give(second);
    const third = memory.take(LOG_BATCH_BYTES);
    expect(third.buffer).toBe(second.buffer);
    expect(third).toHaveLength(LOG_BATCH_BYTES);
  });

  it('is bounded', () => {
    const memory = new BatchMemory();
    const many = Array.from({ length: 100 }, () => memory.take(LOG_BATCH_BYTES));
    for (const each of many) memory.give(each);
    const again = new Set(many.map(() => memory.take(LOG_BATCH_BYTES).buffer));
    expect(many.filter(({ buffer }) => again.has(buffer))).toHaveLength(16);
  });
});
