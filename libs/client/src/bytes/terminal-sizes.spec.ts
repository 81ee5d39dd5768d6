import { describe, expect, it } from 'vitest';
import { TerminalSizes } from './terminal-sizes.js';

const size = (cols: number) => ({ cols, rows: 24 });

/** A terminal that stands behind output at `sizes[0]` and has been given the others since. */
function standing(...sizes: number[]): TerminalSizes {
  const terminal = new TerminalSizes();
  terminal.begin(size(sizes[0] ?? 0));
  for (const cols of sizes.slice(1)) expect(terminal.isNew(size(cols))).toBe(true);
  return terminal;
}

/** Which of what a connection tells are new, and what the terminal needs before it goes on. */
function told(terminal: TerminalSizes, ...sizes: number[]): { fresh: number[]; needed: number | undefined } {
  terminal.resume();
  const fresh = sizes.filter((cols) => terminal.isNew(size(cols)));
  return { fresh, needed: terminal.advance()?.cols };
}

describe('TerminalSizes', () => {
  it('takes in what is new, and nothing twice in a row', () => {
    const terminal = standing(80, 100, 80);
    expect(terminal.isNew(size(80))).toBe(false);
    expect(terminal.isNew({ cols: 80, rows: 25 })).toBe(true);
  });

  it.each([
    ['all of it again', [80, 100, 80], [80, 100, 80], []],
    ['all of it and more', [80, 100, 80], [80, 100, 80, 100, 90], [100, 90]],
    ['the changes without the size before them', [80, 100, 80], [100, 80, 70], [70]],
    ['what is left of a storm', [80, 1, 2, 3, 4], [2, 3, 4, 5], [5]],
    ['nothing', [80, 100], [], []],
    ['something that has nothing to do with it', [80, 100], [60, 80, 100], [60, 80, 100]],
  ])('knows what another connection repeats: %s', (_, before, again, fresh) => {
    expect(told(standing(...before), ...again)).toEqual({ fresh, needed: undefined });
  });

  it('goes back to the size that another connection knows of, where a change was lost with its host', () => {
    expect(told(standing(80, 100), 80)).toEqual({ fresh: [], needed: 80 });
  });

  it('forgets what lies behind', () => {
    const terminal = standing(80, 100);
    expect(terminal.advance()).toBeUndefined();
    expect(told(terminal, 100, 80)).toEqual({ fresh: [80], needed: undefined });
    expect(told(terminal, 80, 100)).toEqual({ fresh: [100], needed: undefined });
  });
});
