/** Waits that double from `first` to `last` milliseconds until something succeeds. */
export class BackOff {
  #next: number;

  constructor(private readonly range: { readonly first: number; readonly last: number }) {
    this.#next = range.first;
  }

  /** How long to wait this time. */
  next(): number {
    const wait = this.#next;
    this.#next = Math.min(wait * 2, this.range.last);
    return wait;
  }

  reset(): void {
    this.#next = this.range.first;
  }
}
