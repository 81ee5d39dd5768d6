import { describe, expect, it } from 'vitest';
import { Heartbeat, SILENT_PINGS } from './heartbeat.js';

describe('the heartbeat', () => {
  it('gives a peer up after three pings without a word', () => {
    const heartbeat = new Heartbeat();
    for (let i = 0; i < SILENT_PINGS; i++) expect(heartbeat.beat()).toBe('ping');
    expect(heartbeat.beat()).toBe('silent');
  });

  it('takes any word for an answer', () => {
    const heartbeat = new Heartbeat();
    for (let i = 0; i < 100; i++) {
      expect(heartbeat.beat()).toBe('ping');
      if (i % SILENT_PINGS === 1) heartbeat.heard();
    }
  });
});
