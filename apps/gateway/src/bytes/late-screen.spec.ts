import type { LogItem, StoredScreen } from '@berth/log';
import { AppError, MAX_SCREEN_BYTES } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { withScreens } from './late-screen.js';

const bytes = (offset: number, length = 10): LogItem => ({ type: 'bytes', offset, bytes: Buffer.alloc(length) });
const pruned = (from: number, to: number): LogItem => ({ type: 'gap', from, to, reason: 'pruned' });
const lost = (from: number, to: number): LogItem => ({ type: 'gap', from, to, reason: 'lost' });
const screen = (offset: number, length = 5): StoredScreen => ({
  offset,
  cols: 80,
  rows: 24,
  serialized: new Uint8Array(length),
  losses: [],
});

/** What is read from an offset, as the reader of the log would say it, and which screens are found one after the other. */
function late(log: Record<number, LogItem[]>, ...screens: (StoredScreen | undefined)[]) {
  let found = 0;
  const read = withScreens(
    async ({ from }) => log[from] ?? [],
    async () => screens[Math.min(found++, screens.length - 1)],
  );
  return { read: (from: number) => read({ from, max: 100 }), screensRead: () => found };
}

describe('a log that has been trimmed', () => {
  it('begins with the screen, and goes on where it stands', async () => {
    const { read } = late({ 0: [pruned(0, 50), bytes(50)], 60: [bytes(60), bytes(70)] }, screen(60));
    expect(await read(0)).toEqual([{ type: 'screen', screen: screen(60) }, bytes(60), bytes(70)]);
  });

  it('is left as it is where nothing has been trimmed, without a look for a screen', async () => {
    const log = { 0: [bytes(0), lost(10, 100)], 10: [lost(10, 100)] };
    const { read, screensRead } = late(log, screen(60));
    expect([await read(0), await read(10), await read(100)]).toEqual([log[0], log[10], []]);
    expect(screensRead()).toBe(0);
  });

  it('keeps what comes before, as of a run whose successor was trimmed', async () => {
    const { read } = late({ 0: [bytes(0), lost(10, 1000), pruned(1000, 1500), bytes(1500)], 1600: [bytes(1600)] }, screen(1600));
    expect(await read(0)).toEqual([bytes(0), lost(10, 1000), { type: 'screen', screen: screen(1600) }, bytes(1600)]);
  });

  it('goes on with nothing where the screen is the newest there is', async () => {
    expect(await late({ 0: [pruned(0, 50), bytes(50)], 60: [] }, screen(60)).read(0)).toEqual([{ type: 'screen', screen: screen(60) }]);
  });

  const trimmed = [pruned(0, 50), bytes(50)];
  it.each([
    ['there is none', [undefined]],
    ['it stands where the viewer is', [screen(0)]],
    ['the log begins behind it', [screen(40)]],
    ['it does not fit into a frame', [screen(60, MAX_SCREEN_BYTES + 1)]],
    ['the next one is gone', [screen(40), undefined]],
  ])('is a gap as ever when %s', async (_when, screens) => {
    expect(await late({ 0: trimmed, 40: [pruned(40, 50), bytes(50)], 60: [bytes(60)] }, ...screens).read(0)).toEqual(trimmed);
  });

  it('looks again when the host has taken a screen and trimmed meanwhile, but not for ever', async () => {
    const log = { 0: trimmed, 40: [pruned(40, 90)], 60: [pruned(60, 90)], 80: [pruned(80, 90)], 100: [bytes(100)] };
    expect(await late(log, screen(40), screen(100)).read(0)).toEqual([{ type: 'screen', screen: screen(100) }, bytes(100)]);
    const overtaken = late(log, screen(40), screen(60), screen(80), screen(100));
    expect([await overtaken.read(0), overtaken.screensRead()]).toEqual([trimmed, 3]);
  });

  it('passes on that the store is away', async () => {
    const read = withScreens(
      async () => trimmed,
      () => Promise.reject(new AppError('unavailable')),
    );
    await expect(read({ from: 0, max: 100 })).rejects.toMatchObject({ code: 'unavailable' });
  });
});
