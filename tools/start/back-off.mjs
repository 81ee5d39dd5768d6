const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** Who has run this long is well: the next death starts from the shortest wait again. */
const STABLE_MS = 60_000;

/** The waits before restarts: doubling, with jitter (half to whole), so that processes which die together do not return together. */
export class BackOff {
  #failures = 0;

  /** @param {() => number} [random] 0 ≤ x < 1 */
  constructor(random = Math.random) {
    this.random = random;
  }

  /** Milliseconds to wait after a death, given for how long the process had run. */
  next(ranMs) {
    if (ranMs >= STABLE_MS) this.#failures = 0;
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(whole * (0.5 + this.random() / 2));
  }
}
