import type { SessionListener } from './ports.js';

/** Tells every listener everything in the same order, one call at a time: what a listener sets off waits until all have heard. */
export class Listeners {
  #listeners: readonly SessionListener[] = [];
  readonly #waiting: ((listener: SessionListener) => void)[] = [];
  #telling = false;

  watch(listener: SessionListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  tell(call: (listener: SessionListener) => void): void {
    if (this.#telling) {
      this.#waiting.push(call);
      return;
    }
    this.#telling = true;
    try {
      for (let next: typeof call | undefined = call; next !== undefined; next = this.#waiting.shift()) {
        for (const listener of this.#listeners) if (this.#listeners.includes(listener)) next(listener);
      }
    } finally {
      this.#telling = false;
    }
  }

  clear(): void {
    this.#listeners = [];
    this.#waiting.length = 0;
  }
}
