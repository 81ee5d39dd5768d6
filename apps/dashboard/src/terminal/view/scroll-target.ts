import type { Terminal } from '@xterm/xterm';
import type { TouchScrollTarget } from './touch-scroll.js';

/** A terminal in its place, as what a finger moves. */
export function scrollTarget(terminal: Terminal, place: HTMLElement, longPress: () => void): TouchScrollTarget {
  const screen = (): Element | null | undefined => terminal.element?.querySelector('.xterm-screen');
  return {
    lineHeight: () => Math.max(1, (screen()?.clientHeight ?? 0) / terminal.rows),
    scrollLines(lines) {
      if (terminal.modes.mouseTrackingMode === 'none' && terminal.buffer.active.type === 'normal') return terminal.scrollLines(lines);
      // Programs that take the whole screen, or the mouse, have a wheel turned at them instead.
      const { left, top } = place.getBoundingClientRect();
      const wheel = { deltaMode: WheelEvent.DOM_DELTA_LINE, clientX: left + 1, clientY: top + 1, bubbles: true, cancelable: true };
      for (let line = 0; line < Math.abs(lines); line++)
        screen()?.dispatchEvent(new WheelEvent('wheel', { ...wheel, deltaY: Math.sign(lines) }));
    },
    pan(x, y) {
      place.scrollLeft += x;
      const before = place.scrollTop;
      place.scrollTop += y;
      return y - (place.scrollTop - before);
    },
    longPress,
  };
}
