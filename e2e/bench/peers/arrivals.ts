import { within } from '../../harness/eventually.js';

/** Anything that is measured here takes seconds: what has not come by then does not come. */
const PATIENCE_MS = 120_000;

interface Reader {
  take: (bytes: Uint8Array) => boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** What comes out of a terminal, for one reader at a time. What came before the first one waits for it; what comes between two is dropped. */
export class Arrivals {
  private early: Uint8Array[] | undefined = [];
  private reader: Reader | undefined;
  private lost: Error | undefined;

  /** Gives `take` each piece until it says that this was the last; rejects when it throws, when the terminal is lost, or after minutes. */
  until(what: string, take: (bytes: Uint8Array) => boolean): Promise<void> {
    if (this.lost) return Promise.reject(this.lost);
    const taken = new Promise<void>((resolve, reject) => {
      this.reader = { take, resolve, reject };
    });
    const { early = [] } = this;
    this.early = undefined;
    for (const bytes of early) this.arrived(bytes);
    return within(PATIENCE_MS, what, taken);
  }

  arrived(bytes: Uint8Array): void {
    this.early?.push(bytes.slice());
    const { reader } = this;
    if (!reader) return;
    try {
      if (!reader.take(bytes)) return;
      this.reader = undefined;
      reader.resolve();
    } catch (error) {
      this.lose(error as Error);
    }
  }

  /** The terminal is gone, or has brought what it must not. */
  lose(error: Error): void {
    this.lost ??= error;
    this.reader?.reject(error);
    this.reader = undefined;
  }
}
