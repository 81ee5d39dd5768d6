import { randomUUID } from 'node:crypto';
import { type SessionId, type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import type { TestDatabase } from './test-database.js';

/** Queues `count` sessions of a tenant in one statement; in the order of the answer. */
export async function queueSessions(
  { query }: TestDatabase,
  { tenantId, userId, count, kind = 'terminal' }: { tenantId: TenantId; userId: UserId; count: number; kind?: 'terminal' | 'agent' },
): Promise<SessionId[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await query(
    `INSERT INTO sessions (tenant_id, id, kind, status, title, command, cols, rows, created_by, queued_at)
     SELECT $1, id, $4, 'queued', 'queued by a spec', '["true"]', 80, 24, $2, now() + n * interval '1 ms'
     FROM unnest($3::uuid[]) WITH ORDINALITY AS queue (id, n)`,
    [uuidFromId(tenantId), uuidFromId(userId), ids, kind],
  );
  return ids.map((id) => idFromUuid('session', id));
}
