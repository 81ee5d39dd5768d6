import {
  ACK_DUE_BYTES,
  LOST_GRACE_MS,
  PACE_HIGH,
  PACE_LOW,
  SILENT_MS,
  UNATTENDED_BURST,
  UNATTENDED_MIN_PAUSE_MS,
  UNATTENDED_RATE,
} from './limits.js';
import type { Clock } from './ports.js';
import { TokenBucket } from './token-bucket.js';

/** Viewers that acknowledge together: those of one gateway. */
interface Group {
  acked: number;
  /** Since when an acknowledgement has been due; undefined while none is. */
  owesSince: number | undefined;
  /** When a group that was cut off stops pacing; undefined while it is there. */
  lostUntil: number | undefined;
}

/** When the group stops pacing if it stays quiet; Infinity while it owes nothing. */
function pacesUntil({ owesSince, lostUntil }: Group): number {
  if (lostUntil !== undefined) return lostUntil;
  return owesSince === undefined ? Infinity : owesSince + SILENT_MS;
}

export interface FlowControlOptions {
  clock: Clock;
  /** Offset of the first byte. */
  base: number;
  setPaused(paused: boolean): void;
}

/**
 * Paces the program by those who watch it: paused while the fastest group has {@link PACE_HIGH} bytes to parse, until it has {@link PACE_LOW}.
 * A silent group does not pace; a lost one does for a grace. While none paces, the program has {@link UNATTENDED_RATE}.
 */
export class FlowControl {
  readonly #groups = new Map<object, Group>();
  readonly #bucket: TokenBucket;
  #end: number;
  #pausedBy: 'window' | 'rate' | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(private readonly options: FlowControlOptions) {
    this.#end = options.base;
    this.#bucket = new TokenBucket(options.clock, UNATTENDED_RATE, UNATTENDED_BURST);
  }

  /** The output ends at `end` now. */
  produced(end: number): void {
    const now = this.options.clock.now();
    const count = end - this.#end;
    this.#end = end;
    let attended = false;
    for (const group of this.#groups.values()) {
      if (pacesUntil(group) > now) attended = true;
      if (end - group.acked >= ACK_DUE_BYTES) group.owesSince ??= now;
    }
    if (!attended) this.#bucket.take(count);
    this.#decide();
  }

  acknowledge(source: object, parsedUpTo: number): void {
    const upTo = Math.min(parsedUpTo, this.#end);
    const group = this.#groups.get(source);
    if (group !== undefined && group.lostUntil === undefined && upTo <= group.acked) return;
    const owes = this.#end - upTo >= ACK_DUE_BYTES;
    this.#groups.set(source, { acked: upTo, owesSince: owes ? this.options.clock.now() : undefined, lostUntil: undefined });
    this.#decide();
  }

  release(source: object, how: 'left' | 'lost'): void {
    const group = this.#groups.get(source);
    if (group === undefined) return;
    const now = this.options.clock.now();
    if (how === 'left' || pacesUntil(group) <= now) this.#groups.delete(source);
    else group.lostUntil ??= now + LOST_GRACE_MS;
    this.#decide();
  }

  /** Decides nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#groups.clear();
  }

  #decide(): void {
    if (this.#stopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.options.clock.now();
    let furthest = -1;
    let until = Infinity;
    for (const [source, group] of this.#groups) {
      const limit = pacesUntil(group);
      if (limit > now) {
        furthest = Math.max(furthest, group.acked);
        until = Math.min(until, limit);
      } else if (group.lostUntil !== undefined) {
        this.#groups.delete(source);
      }
    }
    if (furthest >= 0) this.#byWindow(this.#end - furthest, until - now);
    else this.#byRate();
  }

  #byWindow(unparsed: number, stillPacesMs: number): void {
    const paused = unparsed >= PACE_HIGH || (this.#pausedBy === 'window' && unparsed > PACE_LOW);
    this.#set(paused ? 'window' : undefined);
    // Nothing else happens while the program is paused: look again when a group stops pacing.
    if (paused && Number.isFinite(stillPacesMs)) this.#cancelTimer = this.options.clock.after(stillPacesMs, () => this.#decide());
  }

  #byRate(): void {
    const debtMs = this.#bucket.debtMs();
    this.#set(debtMs > 0 ? 'rate' : undefined);
    if (debtMs > 0) this.#cancelTimer = this.options.clock.after(Math.max(debtMs, UNATTENDED_MIN_PAUSE_MS), () => this.#decide());
  }

  #set(pausedBy: 'window' | 'rate' | undefined): void {
    const before = this.#pausedBy !== undefined;
    this.#pausedBy = pausedBy;
    if (before !== (pausedBy !== undefined)) this.options.setPaused(pausedBy !== undefined);
  }
}
