import type { Viewer } from '@berth/protocol';
import type { Clock } from '@berth/session';
import { COALESCE_MS, LOOK_MS } from './limits.js';

export interface SessionWatchOptions {
  /** Everybody who is attached now, as far as is known. Never rejects. */
  read(): Promise<Viewer[]>;
  /** Calls back when somebody has come or gone, and once when it is listened for. */
  listen(rung: () => void): () => void;
  emit(viewers: Viewer[]): void;
  clock: Clock;
}

/** The presence in one session, for those who watch it through this gateway. */
export class SessionWatch {
  private readonly unlisten: () => void;
  private told: string | undefined;
  private running = false;
  private again = false;
  private closed = false;
  private cancel: (() => void) | undefined;

  constructor(private readonly options: SessionWatchOptions) {
    this.unlisten = options.listen(() => this.look());
    this.look();
  }

  close(): void {
    this.closed = true;
    this.unlisten();
    this.cancel?.();
  }

  /** Looks at once, at what happens meanwhile after a pause, and from time to time at what nobody rings for. */
  private look(): void {
    this.again = true;
    if (this.running || this.closed) return;
    this.running = true;
    this.again = false;
    this.cancel?.();
    void this.options.read().then((viewers) => {
      if (this.closed) return;
      this.tell(viewers);
      this.cancel = this.options.clock.after(COALESCE_MS, () => {
        this.running = false;
        if (this.again) this.look();
        else this.cancel = this.options.clock.after(LOOK_MS - COALESCE_MS, () => this.look());
      });
    });
  }

  private tell(viewers: Viewer[]): void {
    const state = JSON.stringify(viewers);
    if (state === this.told) return;
    this.told = state;
    this.options.emit(viewers);
  }
}
