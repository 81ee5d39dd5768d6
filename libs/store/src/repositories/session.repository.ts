import { type DesiredState, type SessionId, type SessionView, type TenantId, idFromUuid, uuidFromId } from '@berth/protocol';
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

/** Sessions of one tenant. Another tenant's session is as absent as one that never was. */
export class SessionRepository {
  constructor(
    private readonly tenantId: TenantId,
    private readonly tx: Transaction,
  ) {}

  /** Puts a session in the queue. */
  async create(input: NewSession): Promise<SessionView> {
    const id = uuidv7();
    await this.tx.$executeRaw`
      INSERT INTO sessions (tenant_id, id, kind, status, title, command, cols, rows, created_by, traceparent)
      VALUES (${uuidFromId(this.tenantId)}::uuid, ${id}::uuid, ${input.kind}, 'queued', ${input.title}, ${JSON.stringify(input.command)}::jsonb,
        ${input.cols}, ${input.rows}, ${uuidFromId(input.createdBy)}::uuid, ${input.traceparent ?? null})`;
    return toSessionView(await this.existing(idFromUuid('session', id)));
  }

  async list({ status, kind, cursor, limit }: SessionPageQuery): Promise<SessionPage> {
    const conditions = [
      Prisma.sql`true`,
      ...(status === undefined ? [] : [Prisma.sql`s.status = ${status}`]),
      ...(kind === undefined ? [] : [Prisma.sql`s.kind = ${kind}`]),
      ...(cursor === undefined ? [] : [Prisma.sql`s.id < ${cursorUuid(cursor)}::uuid`]),
    ];
    // One row more than asked for tells whether there is a next page.
    const rows = await this.tx.$queryRaw<SessionRow[]>`
      ${SELECT_SESSIONS} WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY s.id DESC LIMIT ${limit + 1}`;
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items: items.map(toSessionView), nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last.id) : null };
  }

  async get(id: SessionId): Promise<SessionView | undefined> {
    const row = await this.row(id);
    return row === undefined ? undefined : toSessionView(row);
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
    const session = toSessionView(row);
    if (outcome !== 'asked') return { outcome, session };
    if (row.host_id === null) throw new Error('a live session has no host');
    return { outcome, session, hostId: idFromUuid('host', row.host_id) };
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
