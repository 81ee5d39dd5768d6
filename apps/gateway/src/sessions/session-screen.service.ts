import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointProcess, FoldedScreen, SessionToFold } from '@berth/checkpoint';
import { startCheckpointProcess } from '@berth/checkpoint';
import type { SessionId, SessionScreen } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import { Store } from '@berth/store';
import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { TenantScope } from '../edge/scope.js';
import type { GatewayEnv } from '../env.js';
import { LOGGER } from '../logger.js';
import { TenantTurns } from './tenant-turns.js';

/** Ordinary output of a full log takes a third of a second, at the lowest priority of a busy machine many times that; what takes longer was written to be costly. */
const PATIENCE_MS = 20_000;
/** A fold that failed, and may not the next time. */
const ATTEMPTS = 3;
const RETRY_MS = 500;
/** A terminal takes 2 MB, the largest 25. */
const TURNS = { atOnce: 4, atOnceOfTenant: 2, pendingOfTenant: 16 };

/** Screens of sessions, made from the log, so that no host has to be asked: of closed and unreachable ones too. */
export class SessionScreenService implements OnApplicationShutdown {
  private readonly turns = new TenantTurns(TURNS);

  constructor(
    private readonly store: Store,
    /** A process of this gateway's own, which is there only while it is needed. */
    private readonly screens: CheckpointProcess,
  ) {}

  /** The screen where the log ends now. Rejects with `unavailable` when it cannot be had in time. */
  async get({ tenantId }: TenantScope, sessionId: SessionId): Promise<SessionScreen> {
    const { runs, session } = await this.store.withTenant(tenantId, async ({ sessions }) => ({
      session: await sessions.get(sessionId),
      runs: await sessions.runs(sessionId),
    }));
    if (!session) throw new AppError('not_found');
    const { cols, rows } = session;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      return toView(await this.turns.take(tenantId, signal, () => this.fold({ tenantId, sessionId, runs, cols, rows }, signal)));
    } catch (error) {
      if (error !== signal.reason) throw error;
      const detail =
        'The output of this session takes too long to show. Ask again later, or read it as it is: GET /v1/sessions/{id}/output.';
      throw new AppError('unavailable', { detail, retryAfter: 10 });
    }
  }

  /** Tries again where that may help soon: the process has died, or came too late for an answer of Redis, having the lowest priority. */
  private async fold(session: SessionToFold, signal: AbortSignal): Promise<FoldedScreen> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.screens.screenOf(session, signal);
      } catch (error) {
        const passing = error instanceof AppError && error.code === 'unavailable';
        if (!passing || attempt === ATTEMPTS) throw error;
      }
      await sleep(RETRY_MS);
    }
  }

  onApplicationShutdown(): void {
    this.screens.end();
  }

  /** How the gateway's module makes it. */
  static provider({ redisUrl }: GatewayEnv): Provider {
    return {
      provide: SessionScreenService,
      inject: [Store, LOGGER],
      useFactory: (store: Store, logger: Logger) => {
        const onDied = (how: object): void => logger.warn(how, 'the checkpoint process died');
        // None of our environment: there are secrets in it.
        return new SessionScreenService(store, startCheckpointProcess({ redisUrl, env: {}, onDied }));
      },
    };
  }
}

const toView = ({ offset, cols, rows, text, serialized, losses }: FoldedScreen): SessionScreen => ({
  offset,
  cols,
  rows,
  text,
  serialized: new TextDecoder().decode(serialized),
  losses: [...losses],
});
