import { type DesiredState, type SessionId, type SessionView, idFromUuid, uuidFromId } from '@berth/protocol';
import { v7 as uuidv7 } from 'uuid';
import { Prisma } from '../generated/client.js';
import type { Transaction } from '../transactor.js';
import { cursorAfter, cursorUuid } from './session-cursor.js';
import { type RequestOutcome, requestEnd, requestWake } from './session-requests.js';
import { SELECT_SESSIONS, type SessionRow, toPlacement, toSessionView } from './session-row.js';
import { readRuns } from './session-runs.js';
import type {
  NewSession,
  RemoveResult,
  SessionPage,
  SessionPageQuery,
  SessionPlacement,
  SessionRequestResult,
  SessionRunRecord,
} from './session-types.js';
import type { TenantFacts } from './tenant-repositories.js';

/** Sessions of one tenant. Another tenant's session is as absent as one that never was. */
export class SessionRepository {
  constructor(
    private readonly facts: TenantFacts,
    private readonly tx: Transaction,
  ) {}

  /** Puts a session in the queue. */
  async create(input: NewSession): Promise<SessionView> {
    const id = uuidv7();
    await this.tx.$executeRaw`
      INSERT INTO sessions (tenant_id, id, kind, status, title, command, model, permission_mode, cols, rows, workspace_path, created_by, traceparent)
      VALUES (${uuidFromId(this.facts.tenantId)}::uuid, ${id}::uuid, ${input.kind}, 'queued', ${input.title},
        ${JSON.stringify(input.command)}::jsonb, ${input.model ?? null}, ${input.permissionMode ?? null}, ${input.cols}, ${input.rows},
        ${input.workspacePath ?? null}, ${uuidFromId(input.createdBy)}::uuid, ${input.traceparent ?? null})`;
    return this.view(await this.existing(idFromUuid('session', id)));
  }

  async list({ status, kind, search, cursor, limit }: SessionPageQuery): Promise<SessionPage> {
    const conditions = [
      Prisma.sql`true`,
      ...(status === undefined ? [] : [status === 'active' ? Prisma.sql`s.status <> 'closed'` : Prisma.sql`s.status = ${status}`]),
      ...(kind === undefined ? [] : [Prisma.sql`s.kind = ${kind}`]),
      // By position, because a pattern would give `%` and `_` in the search a meaning.
      ...(search === undefined ? [] : [Prisma.sql`position(lower(${search}) in lower(s.title)) > 0`]),
      ...(cursor === undefined ? [] : [Prisma.sql`s.id < ${cursorUuid(cursor)}::uuid`]),
    ];
    // One row more than asked for tells whether there is a next page.
    const rows = await this.tx.$queryRaw<SessionRow[]>`
      ${SELECT_SESSIONS} WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY s.id DESC LIMIT ${limit + 1}`;
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => this.view(row)),
      nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last.id) : null,
    };
  }

  async get(id: SessionId): Promise<SessionView | undefined> {
    const row = await this.row(id);
    return row === undefined ? undefined : this.view(row);
  }

  async placement(id: SessionId): Promise<SessionPlacement | undefined> {
    const row = await this.row(id);
    return row === undefined ? undefined : toPlacement(row);
  }

  async rename(id: SessionId, title: string): Promise<SessionView | undefined> {
    await this.tx.$executeRaw`UPDATE sessions SET title = ${title}, updated_at = clock_timestamp() WHERE id = ${uuidFromId(id)}::uuid`;
    return this.get(id);
  }

  /** Runs of a session, oldest first; none for a session that does not exist. */
  async runs(id: SessionId): Promise<SessionRunRecord[]> {
    return readRuns(this.tx, uuidFromId(id));
  }

  /** Ends the current run: `closed` for good, `suspended` until it is woken. */
  async request(id: SessionId, desired: DesiredState): Promise<SessionRequestResult | undefined> {
    return this.result(id, await requestEnd(this.tx, uuidFromId(id), desired));
  }

  /** Queues a suspended session for a new run, which carries on the given trace. */
  async wake(id: SessionId, traceparent?: string): Promise<SessionRequestResult | undefined> {
    return this.result(id, await requestWake(this.tx, uuidFromId(id), traceparent));
  }

  /** Deletes a closed session with its runs; the caller removes their logs. */
  async remove(id: SessionId): Promise<RemoveResult> {
    const uuid = uuidFromId(id);
    const [session] = await this.tx.$queryRaw<{ status: string }[]>`SELECT status FROM sessions WHERE id = ${uuid}::uuid FOR UPDATE`;
    if (session === undefined) return { outcome: 'not_found' };
    if (session.status !== 'closed') return { outcome: 'conflict' };
    const runs = await this.tx.sessionRun.findMany({ where: { sessionId: uuid }, select: { epoch: true }, orderBy: { epoch: 'asc' } });
    await this.tx.$executeRaw`DELETE FROM sessions WHERE id = ${uuid}::uuid`;
    return { outcome: 'removed', epochs: runs.map(({ epoch }) => epoch) };
  }

  private async result(id: SessionId, outcome: RequestOutcome | undefined): Promise<SessionRequestResult | undefined> {
    if (outcome === undefined) return undefined;
    const row = await this.existing(id);
    const session = this.view(row);
    if (outcome !== 'asked') return { outcome, session };
    if (row.host_id === null) throw new Error('a live session has no host');
    return { outcome, session, hostId: idFromUuid('host', row.host_id) };
  }

  private view(row: SessionRow): SessionView {
    return toSessionView(row, this.facts.defaultModelProvider);
  }

  /** A session that this transaction has just seen. */
  private async existing(id: SessionId): Promise<SessionRow> {
    const row = await this.row(id);
    if (row === undefined) throw new Error('a session vanished inside a transaction');
    return row;
  }

  private async row(id: SessionId): Promise<SessionRow | undefined> {
    const [row] = await this.tx.$queryRaw<SessionRow[]>`${SELECT_SESSIONS} WHERE s.id = ${uuidFromId(id)}::uuid`;
    return row;
  }
}
