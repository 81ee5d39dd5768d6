import { basename } from 'node:path';
import { Bus } from '@berth/bus';
import { RedisOutputLog } from '@berth/log';
import type { DesiredState, SessionId, SessionInput, SessionQuery, SessionView } from '@berth/protocol';
import { AppError, TERMINAL_COLS, TERMINAL_ROWS, redisChannels } from '@berth/protocol';
import type { SessionPage, SessionRequestResult } from '@berth/store';
import { Store } from '@berth/store';
import { currentTraceparent } from '@berth/telemetry';
import { Injectable } from '@nestjs/common';
import type { TenantScope } from '../edge/scope.js';
import { requireDriver } from '../edge/scope.js';
import { WorkspaceRoots } from './workspace-roots.js';

const MAX_TITLE = 200;

/** Sessions as their members ask for them: the truth goes to Postgres, then a bell tells whoever has to act. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly log: RedisOutputLog,
    private readonly roots: WorkspaceRoots,
  ) {}

  async create(scope: TenantScope, input: SessionInput): Promise<SessionView> {
    requireDriver(scope);
    const { command, workspace, cols = TERMINAL_COLS.default, rows = TERMINAL_ROWS.default } = input;
    const workspacePath = workspace && (await this.roots.admit(workspace.path));
    const traceparent = currentTraceparent();
    const session = await this.store.withTenant(scope.tenantId, ({ sessions }) =>
      sessions.create({
        kind: input.kind,
        title: input.title ?? titleOf(command),
        ...programOf(input),
        workspacePath,
        cols,
        rows,
        createdBy: scope.userId,
        ...(traceparent === undefined ? {} : { traceparent }),
      }),
    );
    this.announce(scope, session.id, redisChannels.queue());
    return session;
  }

  /** Folders in which sessions may be started by path. */
  workspaceRoots(_scope: TenantScope): { items: { path: string }[]; nextCursor: null } {
    return { items: this.roots.paths.map((path) => ({ path })), nextCursor: null };
  }

  list(scope: TenantScope, query: SessionQuery): Promise<SessionPage> {
    return this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.list(query));
  }

  async get(scope: TenantScope, id: SessionId): Promise<SessionView> {
    return found(await this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.get(id)));
  }

  async rename(scope: TenantScope, id: SessionId, title: string): Promise<SessionView> {
    await this.mayChange(scope, id);
    const session = found(await this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.rename(id, title)));
    this.announce(scope, id);
    return session;
  }

  /** Asks for the end of the current run; its host carries it out. */
  async end(scope: TenantScope, id: SessionId, desired: DesiredState): Promise<SessionView> {
    await this.mayChange(scope, id);
    const result = found(await this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.request(id, desired)));
    const session = accepted(
      result,
      desired === 'closed' ? 'This session is closed already.' : 'Only a session with a live run can be suspended.',
    );
    if (result.outcome === 'asked') this.announce(scope, id, redisChannels.host(result.hostId));
    else this.announce(scope, id);
    return session;
  }

  async wake(scope: TenantScope, id: SessionId): Promise<SessionView> {
    await this.mayChange(scope, id);
    const result = found(await this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.wake(id, currentTraceparent())));
    const session = accepted(result, 'Only a suspended session can be woken.');
    this.announce(scope, id, redisChannels.queue());
    return session;
  }

  async remove(scope: TenantScope, id: SessionId): Promise<void> {
    await this.mayChange(scope, id);
    const result = await this.store.withTenant(scope.tenantId, ({ sessions }) => sessions.remove(id));
    if (result.outcome === 'not_found') throw new AppError('not_found');
    if (result.outcome === 'conflict') throw new AppError('conflict', { detail: 'Only a closed session can be deleted. Close it first.' });
    // The rows are gone, so nobody can read the log any more; should Redis be away now, the log expires by itself.
    await Promise.allSettled(result.epochs.map((epoch) => this.log.remove({ tenantId: scope.tenantId, sessionId: id, epoch })));
    this.announce(scope, id);
  }

  /** A viewer who may see the session is told that it may not change it; for anybody else it does not exist. */
  private async mayChange(scope: TenantScope, id: SessionId): Promise<void> {
    if (scope.role === 'viewer') await this.get(scope, id);
    requireDriver(scope);
  }

  private announce({ tenantId }: TenantScope, sessionId: SessionId, also?: string): void {
    if (also !== undefined) void this.bus.ring(also, { sessionId });
    void this.bus.ring(redisChannels.session(tenantId, sessionId), { sessionId });
    void this.bus.ring(redisChannels.tenant(tenantId), { sessionId });
  }
}

/** Without a command it is Claude Code, which asks before it does anything unless told otherwise. */
const programOf = ({ command, model, permissionMode = 'manual' }: SessionInput) =>
  command === undefined ? { command: [], model, permissionMode } : { command };

function titleOf(command: SessionInput['command']): string {
  const program = command?.[0];
  if (program === undefined) return 'Claude Code';
  // Of a program with a name that nobody could read, at least something: titles hold no control characters.
  return (
    basename(program)
      .replaceAll(/\p{Cc}/gu, '')
      .trim() || 'Terminal'
  ).slice(0, MAX_TITLE);
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('not_found');
  return value;
}

function accepted(result: SessionRequestResult, otherwise: string): SessionView {
  if (result.outcome === 'conflict') throw new AppError('conflict', { detail: otherwise });
  return result.session;
}
