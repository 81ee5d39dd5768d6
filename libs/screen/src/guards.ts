import type { Terminal } from '@xterm/headless';
import type { XtermCore } from './xterm-core.js';

/** Links that a terminal keeps at a time: xterm watches every line of each one. A further one is closed instead of opened. */
const LINKS_MAX = 4096;

/**
 * xterm takes counts from sequences at face value, 2^31 rounds of a loop for ten bytes. Here they are cut to what makes the same screen, and the
 * number of links is bounded.
 */
export function guardAgainstFloods(terminal: Terminal, core: XtermCore): void {
  const { _inputHandler: handler } = core;
  const clamp = (
    final: string,
    limit: () => number,
    act: (params: { params: number[]; length: number }) => boolean,
    reduce = (_: number, most: number) => most,
  ) =>
    terminal.parser.registerCsiHandler({ final }, (params) => {
      const [count] = params;
      const most = limit();
      if (typeof count !== 'number' || count <= most) return false;
      return act({ params: [reduce(count, most)], length: 1 });
    });
  const rows = () => core.rows;
  const cols = () => core.cols;
  clamp('S', rows, (params) => handler.scrollUp(params));
  clamp('T', rows, (params) => handler.scrollDown(params));
  clamp('L', rows, (params) => handler.insertLines(params));
  clamp('M', rows, (params) => handler.deleteLines(params));
  clamp('I', cols, (params) => handler.cursorForwardTab(params));
  clamp('Z', cols, (params) => handler.cursorBackwardTab(params));
  // A repetition that has filled everything goes on as before after each further row.
  const repeatable = () => (core.rows + core.optionsService.rawOptions.scrollback + 2) * core.cols;
  const perRow = () => ((core._inputHandler._parser.precedingJoinState >> 1) & 2 ? Math.floor(core.cols / 2) : core.cols);
  clamp(
    'b',
    repeatable,
    (params) => handler.repeatPrecedingCharacter(params),
    (count, most) => most - ((((most - count) % perRow()) + perRow()) % perRow()),
  );

  terminal.parser.registerOscHandler(8, () => {
    if (core._oscLinkService._dataByLinkId.size < LINKS_MAX) return false;
    return handler._finishHyperlink();
  });
}

/**
 * Erasing all up to the cursor throws in xterm 6.0.0 when the cursor is in the last cell of a terminal that has not scrolled yet, and the terminal
 * is dead from then on. What is to be erased there is the whole screen.
 */
export function guardAgainstErasing(terminal: Terminal, core: XtermCore): void {
  for (const prefix of ['', '?']) {
    terminal.parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final: 'J' }, ([what]) => {
      const { active } = core.buffers;
      if (what !== 1 || active.x + 1 < core.cols || active.lines.get(active.y + 1)) return false;
      return core._inputHandler.eraseInDisplay({ params: [2], length: 1 }, prefix === '?');
    });
  }
}
