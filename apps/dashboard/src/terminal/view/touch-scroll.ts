/** Where a finger moves what it touches. */
export interface TouchScrollTarget {
  /** Height of a line, in CSS pixels. */
  lineHeight(): number;
  /** Scrolls towards newer lines (positive) or older ones. */
  scrollLines(lines: number): void;
  /** Moves the part of a terminal that is larger than its place, in CSS pixels; the rest that it could not move comes back. */
  pan(x: number, y: number): number;
  /** A finger that rested. */
  longPress(): void;
}

/** A finger that moved no further has not begun to scroll. */
const SLOP_PX = 8;
const LONG_PRESS_MS = 500;
/** Share of its speed that a flick keeps per millisecond: it runs out within a second. */
const KEPT_PER_MS = 0.996;
const SLOWEST_PX_PER_MS = 0.03;
/** A finger that rested before it left was not flicking. */
const FLICK_MS = 60;

/** Lets one finger scroll a terminal, which takes no notice of fingers itself. Returns what ends it. */
export function touchScroll(place: HTMLElement, target: TouchScrollTarget): () => void {
  const ending = new AbortController();
  let last: { x: number; y: number; at: number } | undefined;
  let moving = false;
  let speed = 0;
  let rest = 0;
  let press: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;

  const move = (dx: number, dy: number): void => {
    rest += target.pan(dx, dy);
    const lines = Math.trunc(rest / target.lineHeight());
    rest -= lines * target.lineHeight();
    if (lines !== 0) target.scrollLines(lines);
  };
  const glide =
    (before: number) =>
    (now: number): void => {
      speed *= KEPT_PER_MS ** (now - before);
      if (Math.abs(speed) < SLOWEST_PX_PER_MS) return;
      move(0, speed * (now - before));
      frame = requestAnimationFrame(glide(now));
    };
  const stop = (): void => {
    clearTimeout(press);
    cancelAnimationFrame(frame);
    last = undefined;
    moving = false;
  };

  const start = (event: TouchEvent): void => {
    stop();
    const [touch] = event.touches;
    if (!touch || event.touches.length > 1) return;
    last = { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
    rest = 0;
    speed = 0;
    press = setTimeout(() => {
      stop();
      target.longPress();
    }, LONG_PRESS_MS);
  };
  const drag = (event: TouchEvent): void => {
    const [touch] = event.touches;
    if (!touch || !last || event.touches.length > 1) return stop();
    const [dx, dy] = [last.x - touch.clientX, last.y - touch.clientY];
    if (!moving && Math.hypot(dx, dy) < SLOP_PX) return;
    clearTimeout(press);
    moving = true;
    event.preventDefault();
    speed = dy / Math.max(1, event.timeStamp - last.at);
    last = { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
    move(dx, dy);
  };
  const end = (event: TouchEvent): void => {
    const flick = moving && last !== undefined && event.timeStamp - last.at < FLICK_MS;
    // The tap that a browser makes of it would raise the keyboard.
    if (moving && event.cancelable) event.preventDefault();
    stop();
    if (flick) frame = requestAnimationFrame(glide(performance.now()));
  };

  const { signal } = ending;
  place.addEventListener('touchstart', start, { signal, passive: true });
  place.addEventListener('touchmove', drag, { signal, passive: false });
  place.addEventListener('touchend', end, { signal, passive: false });
  place.addEventListener('touchcancel', stop, { signal });
  return () => {
    ending.abort();
    stop();
  };
}
