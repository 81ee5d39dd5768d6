import type { CloseReason, SessionId, TenantId } from '@berth/protocol';
import type { Clock, ServedSession, SessionLoad } from '@berth/session';
import type { ClaimedRun } from '@berth/store/leases';
import type { Logger } from 'pino';
import { leaseDeadline } from '../guardian/deadlines.js';
import { runKey } from '../guardian/messages.js';
import type { GuardianMessage, HostMessage } from '../guardian/messages.js';
import type { TreeRef } from '../end-tree.js';
import type { HostServices } from './host-services.js';
import { LiveRun } from './live-run.js';
import { memoryOfEndedRuns } from './memory-of-ended-runs.js';

/** A run that ended here may be named by a claim list read before that; this long it is not taken up again. Longer than any such read. */
const ENDED_MEMORY_MS = 60_000;
/** The deadlines are looked at this often while nothing else happens. */
const CHECK_MS = 250;

export interface HostOptions {
  services: HostServices;
  clock: Clock;
  logger: Logger;
  slots: number;
  leaseMarginMs: number;
  /** To the guardian. */
  send(message: HostMessage): void;
  /** The trees that live now, after each change. */
  treesChanged(trees: TreeRef[]): void;
  /** A run is over and nothing of it is left here. */
  runEnded(sessionId: SessionId): void;
  /** A run's deadline has passed; it has been fenced. */
  pastDeadline(run: LiveRun): void;
}

/** The live sessions of this worker: takes claimed runs, finds them for the link, ends them. */
export class Host {
  private readonly runs = new Map<string, LiveRun>();
  private readonly trees = new Map<string, TreeRef>();
  private readonly ended = new Map<string, number>();
  private readonly serving = new Set<Promise<void>>();
  private readonly freeMemory = memoryOfEndedRuns();
  /** No run has its deadline before it: they only move forward. */
  private earliestDeadline = Infinity;
  private cancelCheck: (() => void) | undefined;

  constructor(private readonly options: HostOptions) {}

  get liveRuns(): number {
    return this.runs.size;
  }

  /** What each run holds at the moment. */
  get loads(): SessionLoad[] {
    return [...this.runs.values()].map(({ session }) => session.load);
  }

  /** Whether any run may still act. */
  get anyInTime(): boolean {
    return [...this.runs.values()].some((run) => run.lease.inTime());
  }

  get freeSlots(): number {
    return Math.max(0, this.options.slots - this.runs.size);
  }

  find(tenantId: TenantId, sessionId: SessionId, epoch: number): ServedSession | undefined {
    const run = this.runs.get(runKey({ sessionId, epoch }));
    return run?.claim.tenantId === tenantId && !run.isFenced ? run.session : undefined;
  }

  /** Runs a claimed run; `sentAt` = monotonic time before the claim was asked for. One that is known already is left alone. */
  accept(claim: ClaimedRun, sentAt: number): void {
    const key = runKey(claim);
    if (this.runs.has(key) || this.ended.has(key)) return;
    const { services, send, leaseMarginMs } = this.options;
    const deadline = leaseDeadline(sentAt, claim.leaseMs, leaseMarginMs);
    const { tenantId, sessionId, epoch } = claim;
    send({ type: 'hold', run: { tenantId, sessionId, epoch }, deadline });
    const run = new LiveRun(claim, deadline, services, {
      tree: (tree) => this.hasTree(run, tree),
      pastDeadline: () => this.options.pastDeadline(run),
    });
    this.runs.set(key, run);
    this.earliestDeadline = Math.min(this.earliestDeadline, deadline);
    const served = this.serve(key, run).finally(() => this.serving.delete(served));
    this.serving.add(served);
  }

  receive(message: GuardianMessage): void {
    switch (message.type) {
      case 'renewed':
        for (const { key, deadline, desired } of message.leases) {
          const live = this.runs.get(key);
          live?.lease.extend(deadline);
          if (desired) live?.carryOut(desired);
        }
        for (const run of message.lost) {
          const live = this.runs.get(runKey(run));
          if (live?.isClosing === false) live.fence('lease_lost');
        }
        return;
      case 'overdue':
        // What it ended is past its deadline, hence by our clock too.
        for (const run of message.runs) this.runs.get(runKey(run))?.lease.inTime();
        return;
      case 'superseded':
        for (const run of this.runs.values()) run.fence('lease_lost');
        return;
      case 'ready':
    }
  }

  /** Fences the runs whose deadline has come, now and from time to time: an idle session as well. */
  watchDeadlines(): void {
    const now = this.options.clock.now();
    if (now >= this.earliestDeadline) this.fencePast(now);
    this.cancelCheck = this.options.clock.after(CHECK_MS, () => this.watchDeadlines());
  }

  /** The runs that are here, in whatever state. */
  get all(): readonly LiveRun[] {
    return [...this.runs.values()];
  }

  /** Whether a run of the session is here, in whatever state. */
  hasSession(sessionId: SessionId): boolean {
    return [...this.runs.values()].some((run) => run.claim.sessionId === sessionId);
  }

  /** Ends every run for one reason; resolves when all are recorded, or after `withinMs`. */
  async endAll(reason: CloseReason, withinMs: number): Promise<void> {
    for (const run of this.runs.values()) run.end(reason);
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.options.clock.after(withinMs, resolve);
    });
    await Promise.race([late, Promise.all(this.serving)]);
    cancel();
  }

  /** Kills every process of every session at once. */
  killAll(): void {
    for (const run of this.runs.values()) run.killNow();
  }

  stop(): void {
    this.cancelCheck?.();
  }

  private fencePast(now: number): void {
    this.earliestDeadline = Infinity;
    for (const { lease } of this.runs.values())
      if (lease.inTime(now)) this.earliestDeadline = Math.min(this.earliestDeadline, lease.deadline);
  }

  private async serve(key: string, run: LiveRun): Promise<void> {
    try {
      await run.serve();
    } catch (error) {
      this.options.logger.error({ err: error, sessionId: run.claim.sessionId, epoch: run.claim.epoch }, 'a run failed');
      run.fence('lease_lost');
    }
    this.remember(key);
    this.runs.delete(key);
    this.trees.delete(key);
    const { tenantId, sessionId, epoch } = run.claim;
    this.options.send({ type: run.isFenced ? 'abandon' : 'release', run: { tenantId, sessionId, epoch } });
    this.options.treesChanged([...this.trees.values()]);
    this.freeMemory();
    this.options.runEnded(sessionId);
  }

  private remember(key: string): void {
    const now = this.options.clock.now();
    for (const [old, at] of this.ended) if (now - at > ENDED_MEMORY_MS) this.ended.delete(old);
    this.ended.set(key, now);
  }

  private hasTree(run: LiveRun, tree: TreeRef): void {
    const { tenantId, sessionId, epoch } = run.claim;
    this.options.send({ type: 'tree', run: { tenantId, sessionId, epoch }, tree });
    this.trees.set(runKey(run.claim), tree);
    this.options.treesChanged([...this.trees.values()]);
  }
}
