import { LIGHT_BURST, LIGHT_RATE, SHARE_BURST_MS, SHARE_LAG_QUANTA, SHARE_QUANTUM, SHARE_TURN_MS } from './limits.js';
import type { Clock } from './ports.js';
import { TokenBucket } from './token-bucket.js';

/** One session's part of its host's output. */
export interface OutputShare {
  /** The program has delivered so many bytes; may hold it in this call. */
  took(count: number): void;
  /** The session takes nothing more; its program is not held any longer. */
  leave(): void;
}

/** One who stands in line: `served` counts, in virtual time, what it has been given. */
interface Place {
  served: number;
}

interface Member extends Place {
  /** What it may still deliver before it waits; negative: delivered before the pause took effect. */
  credit: number;
  readonly light: TokenBucket;
  readonly setPaused: (paused: boolean) => void;
}

/** A tenant with sessions here. */
interface Party extends Place {
  members: number;
  readonly waiting: Set<Member>;
  /** Virtual time among its own sessions. */
  virtual: number;
}

export interface OutputSharesOptions {
  clock: Clock;
  /** Bytes a second that all sessions of the host may put out together. */
  rate: number;
}

/**
 * Shares a host's output: max-min fair among the tenants that want some, then among each tenant's sessions, and nothing is kept back while
 * somebody wants it. Start-time fair queueing (Goyal, Vin, Cheng 1996) in two levels: whoever has used up what it was given waits, and of those
 * who wait the one that has been given least comes next. While all together stay below the rate nobody waits and no timer runs. Sessions below
 * {@link LIGHT_RATE} never wait; what they put out counts for the rate.
 */
export class OutputShares {
  readonly #parties = new Map<string, Party>();
  readonly #waiting = new Set<Party>();
  /** What the host may put out; filled by time, negative while there is debt. */
  readonly #budget: TokenBucket;
  readonly #quantum: number;
  /** How far somebody may fall behind and still get it all. */
  readonly #lag: number;
  /** Virtual time among the tenants: who comes anew does not ask for what it left to others. */
  #virtual = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(private readonly options: OutputSharesOptions) {
    const { clock, rate } = options;
    this.#quantum = Math.max(SHARE_QUANTUM, (rate * SHARE_TURN_MS) / 1_000);
    this.#lag = SHARE_LAG_QUANTA * this.#quantum;
    this.#budget = new TokenBucket(clock, rate, Math.max(2 * this.#quantum, (rate * SHARE_BURST_MS) / 1_000));
  }

  /** Adds a session of a tenant; `setPaused` is called whenever its program is to be held or to go on. */
  join(tenantId: string, setPaused: (paused: boolean) => void): OutputShare {
    const party = this.#parties.get(tenantId) ?? { served: this.#virtual, members: 0, waiting: new Set<Member>(), virtual: 0 };
    this.#parties.set(tenantId, party);
    party.members += 1;
    const member = { served: party.virtual, credit: 0, light: new TokenBucket(this.options.clock, LIGHT_RATE, LIGHT_BURST), setPaused };
    let joined = true;
    return {
      took: (count) => {
        if (joined) this.#took(party, member, count);
      },
      leave: () => {
        if (!joined) return;
        joined = false;
        party.members -= 1;
        if (party.members === 0) this.#parties.delete(tenantId);
        if (party.waiting.has(member)) this.#letGo(party, member);
        if (this.#waiting.size > 0) return;
        this.#cancelTimer?.();
        this.#cancelTimer = undefined;
      },
    };
  }

  #took(party: Party, member: Member, count: number): void {
    if (member.light.takeIfCovered(count)) {
      this.#budget.take(count);
      return;
    }
    member.credit -= count;
    if (member.credit > 0 || party.waiting.has(member)) return;
    // What it left to others long ago is theirs.
    member.served = Math.max(member.served, party.virtual - this.#lag);
    if (party.waiting.size === 0) party.served = Math.max(party.served, this.#virtual - this.#lag);
    if (this.#waiting.size === 0 && this.#budget.debtMs() === 0) this.#give(party, member);
    else this.#hold(party, member);
  }

  /**
   * A quantum, and what it has fallen behind: a program needs time to go on after each pause, and while a tenant's only one does, another tenant
   * has more that are awake. What it has delivered beyond its credit is counted now.
   */
  #give(party: Party, member: Member): void {
    const behind = Math.max(this.#virtual - party.served, party.virtual - member.served, 0);
    const credit = this.#quantum + Math.min(behind, this.#lag);
    const count = credit - member.credit;
    this.#virtual = Math.max(this.#virtual, party.served);
    party.virtual = Math.max(party.virtual, member.served);
    party.served += count;
    member.served += count;
    member.credit = credit;
    this.#budget.take(count);
  }

  #hold(party: Party, member: Member): void {
    party.waiting.add(member);
    this.#waiting.add(party);
    member.setPaused(true);
    this.#setTimer();
  }

  #letGo(party: Party, member: Member): void {
    party.waiting.delete(member);
    if (party.waiting.size === 0) this.#waiting.delete(party);
    member.setPaused(false);
  }

  /** Serves those who wait, least served first, until the budget is used up. A program that goes on may come back in this very call. */
  #serve(): void {
    for (let party = leastServed(this.#waiting); party !== undefined && this.#budget.debtMs() === 0; party = leastServed(this.#waiting)) {
      const member = leastServed(party.waiting);
      if (member === undefined) return;
      this.#give(party, member);
      this.#letGo(party, member);
    }
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#waiting.size === 0) return;
    this.#cancelTimer ??= this.options.clock.after(Math.max(SHARE_TURN_MS, this.#budget.debtMs()), () => {
      this.#cancelTimer = undefined;
      this.#serve();
    });
  }
}

/** Of those who have been given the same, the one who has waited longest. */
function leastServed<T extends Place>(waiting: ReadonlySet<T>): T | undefined {
  let first: T | undefined;
  for (const each of waiting) if (first === undefined || each.served < first.served) first = each;
  return first;
}
