import { ACK_STEP, VIEWER_LOW_MARK, VIEWER_WINDOW } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { FULL_MARK } from './limits.js';
import { ViewerWindow } from './viewer-window.js';

describe('ViewerWindow', () => {
  it('has room for what is not acknowledged, and refuses an acknowledgement of what was not sent', () => {
    const window = new ViewerWindow(1000);
    window.advance(1000 + VIEWER_WINDOW, 0);
    expect(window.free).toBe(0);
    expect(window.acknowledge(1000 + VIEWER_WINDOW + 1, 0)).toBe(false);
    expect(window.acknowledge(1000 + ACK_STEP, 0)).toBe(true);
    expect(window.acknowledge(1000, 0)).toBe(true);
    expect([window.free, window.acked, window.low]).toEqual([ACK_STEP, 1000 + ACK_STEP, false]);
    window.acknowledge(1000 + VIEWER_WINDOW - VIEWER_LOW_MARK, 0);
    expect(window.low).toBe(true);
  });

  it('knows since when it has been full without an acknowledgement', () => {
    const window = new ViewerWindow(0);
    window.advance(FULL_MARK - 1, 5);
    expect(window.fullSince).toBeUndefined();
    window.advance(VIEWER_WINDOW, 10);
    window.advance(VIEWER_WINDOW, 20);
    expect(window.fullSince).toBe(10);
    window.acknowledge(ACK_STEP, 30);
    expect(window.fullSince).toBe(30);
    window.acknowledge(ACK_STEP, 40);
    expect(window.fullSince).toBe(30);
    window.acknowledge(VIEWER_WINDOW, 50);
    expect(window.fullSince).toBeUndefined();
  });

  it('takes a trickle of acknowledgements for none', () => {
    const window = new ViewerWindow(0);
    window.advance(VIEWER_WINDOW, 10);
    for (let at = 1; at < ACK_STEP; at += 1_000) window.acknowledge(at, 10 + at);
    expect(window.fullSince).toBe(10);
    window.acknowledge(ACK_STEP, 90_000);
    expect(window.fullSince).toBe(90_000);
  });

  it('does not count gaps, wherever the viewer acknowledges', () => {
    const window = new ViewerWindow(0);
    window.advance(100, 0);
    window.skip(1_000_000);
    window.advance(1_000_100, 0);
    window.skip(9_000_000);
    expect(window.free).toBe(VIEWER_WINDOW - 200);
    window.acknowledge(100, 0);
    expect([window.acked, window.free]).toEqual([1_000_000, VIEWER_WINDOW - 100]);
    window.acknowledge(1_000_100, 0);
    expect([window.acked, window.free]).toEqual([9_000_000, VIEWER_WINDOW]);
    window.skip(10_000_000);
    expect([window.acked, window.sent]).toEqual([10_000_000, 10_000_000]);
  });
});
