import type { Bus } from '@berth/bus';
import type { LinkServer } from '@berth/link';
import type { LogKeeper, RedisOutputLog } from '@berth/log';
import { redisChannels } from '@berth/protocol';
import { OutputShares } from '@berth/session';
import type { HostIdentity, Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import { CheckpointedLogs } from './checkpoint/checkpointed-logs.js';
import { claimLoop } from './dispatch/claim-loop.js';
import { ringRun, settleLostRuns } from './dispatch/lost-runs.js';
import { DeletedSessions } from './dispatch/deleted-sessions.js';
import { logKeeping } from './dispatch/log-keeping.js';
import { sweeper } from './dispatch/sweeper.js';
import type { WorkerEnv } from './env.js';
import type { GuardianMessage } from './guardian/messages.js';
import { GuardianClient } from './host/guardian-client.js';
import { guardianSettings } from './host/guardian-settings.js';
import { hostMetrics } from './host/host-metrics.js';
import { Host } from './host/host.js';
import { listen } from './host/link.js';
import type { LiveRun } from './host/live-run.js';
import { noLogs } from './host/no-logs.js';
import { openEcho, openProgram } from './host/open-program.js';
import { openProcessTree } from './host/process-tree.js';
import { attemptZombieWrites } from './host/zombie-writes.js';
import { takeName } from './incarnation/take-name.js';
import type { Incarnation } from './incarnation/take-name.js';
import { RunFolders } from './host/run-folders.js';
import { SessionFolders } from './host/session-folders.js';
import { HostModel } from './model/host-model.js';
import { monotonicClock } from './monotonic-clock.js';
import { register } from './register.js';

/** Sessions get 3 s to end after their hang-up; then comes what is left of their output, then the store. */
const DRAIN_MS = 8_500;
/** The rest of a drain waits this long for each thing that may be away. */
const STEP_MS = 1_000;
/** Without a guardian nobody would end the sessions if this process died as well: it does not linger. */
const ABANDON_MS = 2_000;

/** How the supervisor finds what runs. */
export interface WorkerReady {
  guardianPid: number;
  linkPort: number;
}

export interface WorkerParts {
  env: WorkerEnv;
  logger: Logger;
  leases: Leases;
  bus: Bus;
  log: RedisOutputLog;
  keeper: LogKeeper;
}

interface HostParts {
  guardian: GuardianClient;
  incarnation: Incarnation;
  folders: SessionFolders;
  model: HostModel;
  deleted: DeletedSessions;
  logs: CheckpointedLogs;
}

interface ServeParts {
  host: Host;
  identity: HostIdentity;
  guardian: GuardianClient;
  deleted: DeletedSessions;
}

/** The worker's life: takes its name, starts guardian, link and loops, and leaves in order or at once. */
export class Worker {
  private guardian: GuardianClient | undefined;
  private incarnation: Incarnation | undefined;
  private host: Host | undefined;
  private link: LinkServer | undefined;
  private identity: HostIdentity | undefined;
  private model: HostModel | undefined;
  private logs: CheckpointedLogs | undefined;
  private loops: { start(): void; stop(): Promise<void> }[] = [];
  private readonly leaving = new AbortController();

  constructor(private readonly parts: WorkerParts) {}

  /** Resolves when sessions can be claimed; rejects when this process cannot be a worker. */
  async start(): Promise<WorkerReady> {
    const { env, leases, logger, bus, log } = this.parts;
    this.incarnation = takeName(env.dataDir, env.hostName, logger);
    const runFolders = new RunFolders(env.dataDir, env.hostName);
    await runFolders.removeLeftovers();
    await bus.assertNoEviction();
    this.guardian = await GuardianClient.start({
      clock: monotonicClock,
      env: env.childProcess,
      settings: guardianSettings(env),
      onMessage: (message) => this.onGuardian(message),
      onGone: () => void this.abandon('the guardian is gone'),
    });
    this.incarnation.record({ guardianPid: this.guardian.pid });

    const { lost, ...identity } = await register({ leases, logger, name: env.hostName, signal: this.leaving.signal });
    void settleLostRuns(lost, { bus, log, leases });
    this.identity = identity;
    const folders = new SessionFolders({ dataDir: env.dataDir, roots: env.workspaceRoots, hostId: identity.hostId });
    this.model = new HostModel({ clock: monotonicClock, env, leases, bus, folders: runFolders, logger });
    const deleted = new DeletedSessions({
      clock: monotonicClock,
      leases,
      bus,
      folders,
      isLive: (sessionId) => this.host?.hasSession(sessionId) ?? false,
      logger,
    });
    this.logs = this.openLogs();
    const host = this.openHost({
      guardian: this.guardian,
      incarnation: this.incarnation,
      folders,
      model: this.model,
      deleted,
      logs: this.logs,
    });
    this.host = host;
    this.link = await listen({ env, host, identity, leases, logger });
    this.guardian.send({ type: 'serve', host: identity });
    this.model.start();
    this.serve({ host, identity, guardian: this.guardian, deleted });
    return { guardianPid: this.guardian.pid, linkPort: this.link.port };
  }

  /** Ends everything in order: no more claims, viewers told, sessions recorded as drained. Resolves when the process may exit. */
  async drain(): Promise<void> {
    if (this.leaving.signal.aborted) return;
    this.leaving.abort();
    this.parts.logger.info({ sessions: this.host?.liveRuns ?? 0 }, 'draining');
    if (this.identity) void this.parts.leases.announceHost(this.identity, { draining: true }).catch(() => undefined);
    await within(STEP_MS, Promise.all(this.loops.map((loop) => loop.stop())));
    await this.host?.endAll('drained', DRAIN_MS);
    this.host?.killAll();
    await within(STEP_MS, this.model?.close());
    await within(STEP_MS, this.link?.close());
    this.logs?.end();
    // What could not be recorded is the guardian's to close: it acts when this process has gone without a word.
    if (this.host === undefined || this.host.liveRuns === 0) {
      await this.guardian?.end();
      this.incarnation?.clear();
    }
  }

  /** Kills every session now; for a process that cannot go on. The guardian records what happened. */
  killAll(): void {
    this.host?.killAll();
  }

  private openHost({ guardian, incarnation, folders, model, deleted, logs }: HostParts): Host {
    const { env, leases, logger, bus } = this.parts;
    const shares = new OutputShares({ clock: monotonicClock, rate: env.outputRate });
    const host = new Host({
      clock: monotonicClock,
      logger,
      slots: env.slots,
      leaseMarginMs: env.lease.timing.marginMs,
      send: (message) => guardian.send(message),
      treesChanged: (trees) => incarnation.record({ trees }),
      runEnded: (sessionId) => deleted.ended(sessionId),
      pastDeadline: (run) => this.onPastDeadline(run),
      services: {
        clock: monotonicClock,
        leases,
        ringBytes: env.ringBytes,
        logs: env.flags.has('no-log') ? noLogs : logs,
        shares,
        ring: (run) => ringRun(bus, run),
        tree: openProcessTree(logger),
        folders,
        model,
        openProgram: env.flags.has('echo-runner') ? openEcho : openProgram,
        user: env.user,
        logger,
        metrics: hostMetrics({
          loads: () => host.loads,
          linkBuffers: () => this.link?.buffered ?? [],
          slots: env.slots,
          outputRate: env.outputRate,
        }),
        enforced: !env.flags.has('no-fence'),
      },
    });
    return host;
  }

  private openLogs(): CheckpointedLogs {
    const { env, leases, log, keeper, logger } = this.parts;
    return new CheckpointedLogs({
      clock: monotonicClock,
      log,
      leases,
      budgetOf: (run) => keeper.budgetOf(run),
      redisUrl: env.redisUrl,
      env: env.childProcess,
      logger,
    });
  }

  private serve({ host, identity, guardian, deleted }: ServeParts): void {
    const { env, leases, log, keeper, logger, bus } = this.parts;
    const keeping = logKeeping({
      clock: monotonicClock,
      keeper,
      runs: () => host.all,
      appended: () => log.appended,
      totalBytes: env.log.totalBytes,
      logger,
    });
    const claims = claimLoop({
      clock: monotonicClock,
      leases,
      host: identity,
      ttl: env.lease.ttlSeconds,
      logger,
      freeSlots: () => host.freeSlots,
      accept: (claim, sentAt) => {
        deleted.keep(claim);
        host.accept(claim, sentAt);
        keeping.wake();
      },
    });
    const sweeping = sweeper({ clock: monotonicClock, leases, log, bus, logger });
    this.loops = [keeping, claims, sweeping, deleted];
    for (const loop of this.loops) loop.start();
    bus.listen(redisChannels.queue(), () => claims.wake());
    bus.listen(redisChannels.host(identity.hostId), () => guardian.send({ type: 'look' }));
    host.watchDeadlines();
  }

  private onGuardian(message: GuardianMessage): void {
    this.host?.receive(message);
    if (message.type === 'superseded') this.exit('a newer worker of this name has registered');
  }

  /** Several runs are found past their deadline in one turn: they are dealt with after it. */
  private onPastDeadline(run: LiveRun): void {
    setImmediate(() => void this.leaveIfPast(run));
  }

  private async leaveIfPast(run: LiveRun): Promise<void> {
    const { env, leases, logger } = this.parts;
    if (env.flags.has('zombie-writes')) await attemptZombieWrites(run, { leases, logger });
    if (this.host?.anyInTime !== true) this.exit('every lease has ended before it was renewed');
  }

  private async abandon(why: string): Promise<void> {
    if (this.leaving.signal.aborted) return;
    this.leaving.abort();
    const closed = this.host?.endAll('host_lost', ABANDON_MS);
    this.host?.killAll();
    await closed;
    this.exit(why);
  }

  private exit(why: string): void {
    this.killAll();
    this.parts.logger.fatal(`ending: ${why}`);
    process.exit(1);
  }
}

async function within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([late, work?.catch(() => undefined)]);
  clearTimeout(timer);
}
