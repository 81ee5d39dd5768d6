import { AppError } from '@berth/protocol';
import type { LogRange } from '@berth/log';
import type { Clock } from '@berth/session';
import type { ReplayItem } from './late-screen.js';
import { LOG_PATIENCE_MS, LOG_RETRY_MS } from './limits.js';

/** Items of a range, contiguous; empty: nothing more is in the log. Rejects with `unavailable`. */
export type ReadLog<Item = ReplayItem> = (range: LogRange) => Promise<readonly Item[]>;

export interface LogReplayEvents {
  /** Where to go on reading, and how much may be read; undefined: not now. */
  next(): LogRange | undefined;
  /** False: no more of what was read is wanted. */
  item(item: ReplayItem): boolean;
  /** Nothing more is in the log. */
  exhausted(): void;
  /** The log has been away for longer than anybody should wait; it is still being tried. */
  away(): void;
  failed(error: unknown): void;
}

/** Reads the log for one viewer, a step at a time, each only when there is room for it. */
export class LogReplay {
  private turn = 0;
  private cancelRetry: (() => void) | undefined;

  constructor(
    private readonly read: ReadLog,
    private readonly clock: Clock,
    private readonly events: LogReplayEvents,
  ) {}

  /** Starts over from wherever the viewer stands now. */
  start(): void {
    this.stop();
    this.run(this.turn).catch((error: unknown) => this.events.failed(error));
  }

  /** What is being read is dropped when it arrives. */
  stop(): void {
    this.turn += 1;
    this.cancelRetry?.();
    this.cancelRetry = undefined;
  }

  private async run(turn: number): Promise<void> {
    let awaySince: number | undefined;
    for (;;) {
      const next = this.events.next();
      if (!next) return;
      const items = await this.attempt(next);
      if (turn !== this.turn) return;
      if (!items) {
        awaySince ??= this.clock.now();
        if (this.clock.now() - awaySince >= LOG_PATIENCE_MS) this.events.away();
        if (turn !== this.turn) return;
        await new Promise<void>((resolve) => {
          this.cancelRetry = this.clock.after(LOG_RETRY_MS, resolve);
        });
        if (turn !== this.turn) return;
        continue;
      }
      awaySince = undefined;
      if (items.length === 0) return this.events.exhausted();
      for (const item of items) if (turn !== this.turn || !this.events.item(item)) break;
      if (turn !== this.turn) return;
    }
  }

  private async attempt(range: LogRange): Promise<readonly ReplayItem[] | undefined> {
    try {
      return await this.read(range);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unavailable') return undefined;
      throw error;
    }
  }
}
