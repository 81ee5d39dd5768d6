import type { CloseReason, DesiredState, RunUpdate } from '@berth/protocol';
import type { RunAppender } from '@berth/log';
import { Session } from '@berth/session';
import type { SessionResult } from '@berth/session';
import type { ClaimedRun, FencedResult } from '@berth/store/leases';
import { inSpan } from '@berth/telemetry';
import type { TreeRef } from '../end-tree.js';
import type { HostServices, RunLog } from './host-services.js';
import type { RunModel } from '../model/run-model.js';
import { RunLease } from './run-lease.js';
import { SessionProgram } from './session-program.js';

/** Pause between attempts to record something while the store is away. */
const STORE_RETRY_MS = 500;

/** Why a run may not act any more: its deadline came, or it belongs to somebody else already. */
export type FenceCause = 'deadline' | 'lease_lost';

export interface LiveRunEvents {
  tree(tree: TreeRef): void;
  /** Called once, after the run has been fenced: this process was stopped, or the store was away for too long. */
  pastDeadline(): void;
}

/** For the negative control: a sealed log is written to all the same. */
const unfenced = (log: RunAppender): RunAppender => ({
  ...log,
  append: async (end, bytes, size) => {
    await log.append(end, bytes, size);
    return 'ok';
  },
  mark: async (mark) => {
    await log.mark(mark);
    return 'ok';
  },
});

const REASON_OF_DESIRED: Record<DesiredState, CloseReason> = { closed: 'cancelled', suspended: 'suspended' };

/** One claimed run from its claim to its recorded close: program, session, lease, and what the store is told of them. */
export class LiveRun {
  readonly lease: RunLease;
  readonly session: Session;
  readonly log: RunAppender;
  private readonly runLog: RunLog;
  private readonly program: SessionProgram;
  private readonly model: RunModel;
  /** Writes to the store go out one after the other: a late `running` must not meet a closed run and be taken for a lost lease. */
  private writes: Promise<unknown> = Promise.resolve();
  private closeRecorded: Promise<void> = Promise.resolve();
  private fenced = false;
  private closing = false;
  private size: { cols: number; rows: number };

  constructor(
    readonly claim: ClaimedRun,
    deadline: number,
    private readonly services: HostServices,
    private readonly events: LiveRunEvents,
  ) {
    const { clock, enforced, logs, leases, ringBytes, shares, tree } = services;
    this.lease = new RunLease({ clock, deadline, enforced, onPast: () => this.onPast() });
    this.size = { cols: claim.cols, rows: claim.rows };
    this.model = services.model.forRun(claim, () => this.lease.valid());
    this.program = new SessionProgram({
      clock,
      kind: tree.kind,
      open: (say) => services.openProgram({ claim, services, model: this.model, say }),
      usedTerminal: claim.epoch > 1,
      onTree: (found) => this.events.tree(found),
      mayAct: () => this.lease.valid(),
    });
    this.runLog = logs.open(claim, (held) => this.session.holdForCheckpoints(held));
    this.log = enforced ? this.runLog.log : unfenced(this.runLog.log);
    this.session = new Session({
      identity: { tenantId: claim.tenantId, sessionId: claim.sessionId, epoch: claim.epoch },
      base: claim.base,
      limit: claim.limit,
      cols: claim.cols,
      rows: claim.rows,
      runner: this.program,
      log: this.log,
      ...(ringBytes === undefined ? {} : { ringBytes }),
      offsets: { reserve: (limit) => leases.reserveOffsets(claim, limit, this.session.head) },
      lease: this.lease,
      clock,
      shares,
      onClosed: (result) => (this.closeRecorded = this.recordClose(result)),
    });
  }

  /** Runs the program; resolves when the run is recorded as closed, or has been fenced. Returns how it ended. */
  async serve(): Promise<SessionResult> {
    try {
      return await this.runProgram();
    } finally {
      await this.model.close();
    }
  }

  private async runProgram(): Promise<SessionResult> {
    this.ring();
    const unwatch = this.session.watch({
      output: () => undefined,
      resized: ({ cols, rows }) => void this.recordSize(cols, rows),
      state: (update) => this.onState(update),
    });
    const { sessionId, epoch, traceparent } = this.claim;
    await inSpan({ name: 'run.start', traceparent, attributes: { 'berth.session': sessionId, 'berth.epoch': epoch } }, () =>
      this.session.start(),
    );
    const result = await this.session.finished;
    unwatch();
    this.runLog.close();
    if (result.fenced) this.fence('lease_lost');
    // Not waited for: while the store is away, the close of a run takes its time, and its programs' calls end now.
    void this.model.close();
    await this.closeRecorded;
    return result;
  }

  /** Ends the run; the first reason stays. */
  end(reason: CloseReason): void {
    this.session.close(reason);
  }

  carryOut(desired: DesiredState): void {
    this.end(REASON_OF_DESIRED[desired]);
  }

  /** The run is over for this host: its processes are killed and nothing more is written, at once. */
  fence(cause: FenceCause): void {
    if (this.fenced || !this.services.enforced) return;
    this.fenced = true;
    this.lease.lose();
    this.session.fence();
    this.killNow();
    const { sessionId, epoch } = this.claim;
    this.services.logger.error({ sessionId, epoch, cause }, 'fenced');
    this.services.metrics.fenced();
  }

  get isFenced(): boolean {
    return this.fenced;
  }

  /** The close is on its way to the store, whose answer says whose the run is; a renewal that no longer names it says nothing. */
  get isClosing(): boolean {
    return this.closing;
  }

  killNow(): void {
    this.program.killNow();
  }

  /** Attempts one byte of output as its program would; returns whether anybody may have seen it. For tests of the fence. */
  utter(byte: number): boolean {
    const before = this.session.head;
    this.program.utter(byte);
    return this.session.head > before;
  }

  private onPast(): void {
    this.fence('deadline');
    this.events.pastDeadline();
  }

  private onState({ state }: RunUpdate): void {
    if (state === 'running') void this.record(() => this.services.leases.advanceRun(this.claim, 'running'));
  }

  private async recordSize(cols: number, rows: number): Promise<void> {
    this.size = { cols, rows };
    await this.record(() => {
      // Sizes come in bursts while a window is dragged: the last one is written, once.
      if (this.size.cols !== cols || this.size.rows !== rows) return Promise.resolve('ok');
      return this.services.leases.resizeRun(this.claim, cols, rows);
    });
  }

  private async recordClose({ reason, exitCode, end, logEnd }: SessionResult): Promise<void> {
    this.closing = true;
    const { leases, logs } = this.services;
    const close = { reason, ...(exitCode === undefined ? {} : { exitCode }), ...(logEnd === end ? { end } : {}) };
    await this.record(() => leases.closeRun(this.claim, close));
    await logs.expire(this.claim).catch(() => undefined);
  }

  /** Writes until the store has taken it, in order; gives up when the lease ends. A refusal means that the run is not ours. */
  private record(write: () => Promise<FencedResult>): Promise<void> {
    const written = this.writes.then(async () => {
      while (this.lease.valid()) {
        const result = await write().catch(() => 'away' as const);
        if (result === 'ok') {
          this.ring();
          return;
        }
        if (result === 'lease_lost') {
          this.fence('lease_lost');
          return;
        }
        await new Promise<void>((resolve) => this.services.clock.after(STORE_RETRY_MS, resolve));
      }
    });
    this.writes = written;
    return written;
  }

  private ring(): void {
    this.services.ring(this.claim);
  }
}
