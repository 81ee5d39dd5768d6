import { ACK_STEP } from '@berth/protocol';
import {
  ACK_DUE_BYTES,
  ATTENDED_BURST,
  ATTENDED_RATE,
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
  /** Since when an acknowledgement of a whole step has been due; undefined while none is. */
  owesSince: number | undefined;
  /** How far it had parsed then: less than a step beyond it is no sign of life, or a trickle of bytes would hold the program for ever. */
  owesFrom: number;
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
 * A silent group does not pace; a lost one does for a grace. While none paces, the program has {@link UNATTENDED_RATE}, and
 * {@link ATTENDED_RATE} at most in any case.
 */
export class FlowControl {
  readonly #groups = new Map<object, Group>();
  readonly #unattended: TokenBucket;
  readonly #attended: TokenBucket;
  #end: number;
  #pausedBy: 'window' | 'rate' | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(private readonly options: FlowControlOptions) {
    this.#end = options.base;
    this.#unattended = new TokenBucket(options.clock, UNATTENDED_RATE, UNATTENDED_BURST);
    this.#attended = new TokenBucket(options.clock, ATTENDED_RATE, ATTENDED_BURST);
  }

  /** The output ends at `end` now. */
  produced(end: number): void {
    const now = this.options.clock.now();
    const count = end - this.#end;
    this.#end = end;
    let attended = false;
    for (const group of this.#groups.values()) {
      if (pacesUntil(group) > now) attended = true;
      if (group.owesSince !== undefined || end - group.acked < ACK_DUE_BYTES) continue;
      group.owesSince = now;
      group.owesFrom = group.acked;
    }
    this.#attended.take(count);
    if (!attended) this.#unattended.take(count);
    this.#decide();
  }

  /** A lower offset than before: the group's furthest has left, and the next one paces. */
  acknowledge(source: object, parsedUpTo: number): void {
    const upTo = Math.min(parsedUpTo, this.#end);
    const group = this.#groups.get(source);
    if (group !== undefined && group.lostUntil === undefined && upTo === group.acked) return;
    const debt = this.#owed(group, upTo);
    this.#groups.set(source, { acked: upTo, ...debt, lostUntil: undefined });
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

  /** What a group that has parsed up to here owes from now on. */
  #owed(before: Group | undefined, upTo: number): Pick<Group, 'owesSince' | 'owesFrom'> {
    if (this.#end - upTo < ACK_DUE_BYTES) return { owesSince: undefined, owesFrom: upTo };
    if (before?.owesSince !== undefined && before.lostUntil === undefined) {
      const trickles = upTo > before.acked && upTo - before.owesFrom < ACK_STEP;
      if (trickles) return { owesSince: before.owesSince, owesFrom: before.owesFrom };
    }
    return { owesSince: this.options.clock.now(), owesFrom: upTo };
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
    else this.#byRate(this.#unattended);
  }

  #byWindow(unparsed: number, stillPacesMs: number): void {
    const paused = unparsed >= PACE_HIGH || (this.#pausedBy === 'window' && unparsed > PACE_LOW);
    if (!paused) return this.#byRate(this.#attended);
    this.#set('window');
    // Nothing else happens while the program is paused: look again when a group stops pacing.
    if (Number.isFinite(stillPacesMs)) this.#cancelTimer = this.options.clock.after(stillPacesMs, () => this.#decide());
  }

  #byRate(bucket: TokenBucket): void {
    const debtMs = bucket.debtMs();
    this.#set(debtMs > 0 ? 'rate' : undefined);
    if (debtMs > 0) this.#cancelTimer = this.options.clock.after(Math.max(debtMs, UNATTENDED_MIN_PAUSE_MS), () => this.#decide());
  }

  #set(pausedBy: 'window' | 'rate' | undefined): void {
    const before = this.#pausedBy !== undefined;
    this.#pausedBy = pausedBy;
    if (before !== (pausedBy !== undefined)) this.options.setPaused(pausedBy !== undefined);
  }
}
