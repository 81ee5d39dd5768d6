import type { Clock } from '@berth/session';
import type { HostIdentity, RenewedRun, RunIdentity } from '@berth/store/leases';
import type { TreeRef } from '../end-tree.js';
import { Deadlines, leaseDeadline, mainLoopLimit } from './deadlines.js';
import type { LeaseTiming } from './deadlines.js';
import { runKey } from './messages.js';
import type { GuardianMessage, HostMessage, RenewedLease } from './messages.js';

/** How often deadlines are looked at: far below the margin, so that a kill is never late by much of it. */
const CHECK_MS = 100;
/** Pause after a renewal that failed; a restart of Postgres takes a few of them. */
const RETRY_MS = 1_000;

/** Leases of one message to the host: it has sessions to serve between two of them. */
const LEASES_AT_ONCE = 100;

/** What one renewal brought: the runs that this host still has. */
export type Renewal = 'superseded' | RenewedRun[];

export interface GuardianPorts {
  clock: Clock;
  timing: LeaseTiming;
  /** Renews every lease of the host in one statement; rejects when the store does not answer. */
  renew(host: HostIdentity): Promise<Renewal>;
  /** Ends a process tree at once, if it is still the one that was named. */
  kill(tree: TreeRef): void;
  /** Records that a run died with its lease; rejects when the store does not answer. */
  close(run: RunIdentity): Promise<void>;
  tell(message: GuardianMessage): void;
  /** Called when an outage of the store begins and ends. */
  storeAway(away: boolean): void;
}

interface HeldRun {
  run: RunIdentity;
  tree?: TreeRef;
}

/**
 * Keeps the leases of one host and ends what outlives them: renews while the host's main loop turns, kills at the deadline whether host and
 * network answer or not. After any pause of its own the deadlines are checked first.
 */
export class Guardian {
  private readonly deadlines = new Deadlines();
  private readonly held = new Map<string, HeldRun>();
  /** Runs that were ended here and that the store may still call running: a renewal would keep them so for ever. */
  private readonly unclosed = new Map<string, RunIdentity>();
  private host: HostIdentity | undefined;
  private lastTick = -Infinity;
  private nextRenewal = 0;
  private renewing = false;
  private renewAgain = false;
  private away = false;
  private cancelCheck: (() => void) | undefined;

  constructor(private readonly ports: GuardianPorts) {}

  /** What the host has registered as; undefined before that. */
  get serving(): HostIdentity | undefined {
    return this.host;
  }

  receive(message: Exclude<HostMessage, { type: 'settings' }>): void {
    switch (message.type) {
      case 'serve':
        this.host = message.host;
        this.check();
        return;
      case 'tick':
        this.lastTick = Math.max(this.lastTick, message.at);
        return;
      case 'look':
        this.nextRenewal = 0;
        this.renewAgain = this.renewing;
        this.check();
        return;
      case 'hold':
        this.held.set(runKey(message.run), { run: message.run });
        this.deadlines.hold(runKey(message.run), message.deadline);
        return;
      case 'tree':
        this.tree(message.run, message.tree);
        return;
      case 'release':
        this.forget(runKey(message.run));
        return;
      case 'abandon':
        this.giveUp([this.end(runKey(message.run))]);
        return;
      case 'done':
        this.stop();
    }
  }

  /** Ends every process tree that is left: the host is gone. */
  killAll(): void {
    for (const { tree } of this.held.values()) if (tree) this.ports.kill(tree);
    this.stop();
  }

  stop(): void {
    this.cancelCheck?.();
    this.cancelCheck = undefined;
    this.host = undefined;
  }

  /** A tree whose run is not held any longer came too late: its lease ended while it was being started. */
  private tree(run: RunIdentity, tree: TreeRef): void {
    const held = this.held.get(runKey(run));
    if (held) held.tree = tree;
    else this.ports.kill(tree);
  }

  private check(): void {
    if (!this.host) return;
    this.cancelCheck?.();
    this.endOverdue();
    const now = this.ports.clock.now();
    if (!this.renewing && now >= this.nextRenewal && now - this.lastTick <= mainLoopLimit(this.ports.timing.shortestTtlMs))
      void this.renew(this.host, now);
    this.cancelCheck = this.ports.clock.after(CHECK_MS, () => {
      this.check();
    });
  }

  private endOverdue(): void {
    const overdue = this.giveUp(this.deadlines.takeOverdue(this.ports.clock.now()).map((key) => this.end(key)));
    if (overdue.length > 0) this.ports.tell({ type: 'overdue', runs: overdue });
  }

  private giveUp(ended: (RunIdentity | undefined)[]): RunIdentity[] {
    const runs = ended.filter((run) => run !== undefined);
    for (const run of runs) this.unclosed.set(runKey(run), run);
    if (runs.length > 0) this.closeGivenUp();
    return runs;
  }

  private closeGivenUp(): void {
    for (const [key, run] of this.unclosed) {
      this.ports.close(run).then(
        () => this.unclosed.delete(key),
        () => undefined,
      );
    }
  }

  private async renew(host: HostIdentity, sentAt: number): Promise<void> {
    this.renewing = true;
    const asked = new Set(this.held.keys());
    let renewal: Renewal | undefined;
    try {
      renewal = await this.ports.renew(host);
    } catch {
      renewal = undefined;
    }
    this.renewing = false;
    if (!this.host) return;
    if (renewal !== undefined) this.renewed(renewal, asked, sentAt);
    this.endOverdue();
    this.nextRenewal = this.afterRenewal(renewal !== undefined, sentAt);
    this.renewAgain = false;
    this.reportStore(renewal === undefined);
  }

  private afterRenewal(succeeded: boolean, sentAt: number): number {
    if (!succeeded) return this.ports.clock.now() + Math.min(RETRY_MS, this.ports.timing.renewMs);
    return this.renewAgain ? 0 : sentAt + this.ports.timing.renewMs;
  }

  private renewed(renewal: Renewal, asked: Set<string>, sentAt: number): void {
    if (renewal === 'superseded') {
      this.killAll();
      this.ports.tell({ type: 'superseded' });
      return;
    }
    const leases: RenewedLease[] = [];
    for (const lease of renewal) {
      const key = runKey(lease);
      asked.delete(key);
      if (!this.held.has(key)) continue;
      this.deadlines.extend(key, leaseDeadline(sentAt, lease.leaseMs, this.ports.timing.marginMs));
      leases.push({ key, deadline: this.deadlines.get(key) ?? sentAt, desired: lease.desired });
    }
    const lost = [...asked].map((key) => this.end(key)).filter((run) => run !== undefined);
    this.ports.tell({ type: 'renewed', leases: leases.slice(0, LEASES_AT_ONCE), lost });
    for (let from = LEASES_AT_ONCE; from < leases.length; from += LEASES_AT_ONCE)
      this.ports.tell({ type: 'renewed', leases: leases.slice(from, from + LEASES_AT_ONCE), lost: [] });
    this.closeGivenUp();
  }

  private end(key: string): RunIdentity | undefined {
    const held = this.held.get(key);
    this.forget(key);
    if (held?.tree) this.ports.kill(held.tree);
    return held?.run;
  }

  private forget(key: string): void {
    this.held.delete(key);
    this.deadlines.release(key);
  }

  private reportStore(away: boolean): void {
    if (this.away === away) return;
    this.away = away;
    this.ports.storeAway(away);
  }
}
