import { AppError } from '@berth/protocol';

/**
 * What a failed statement means. `dropped`: the connection is gone or never came about, a new one may work. `busy`: the server is
 * there and cannot serve this now. `conflict`: rolled back in favour of another transaction, worth repeating. `other`: ours.
 */
export type FailureKind = 'dropped' | 'busy' | 'conflict' | 'other';

const KINDS: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  // node
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map(
    (code) => [code, 'dropped'] as const,
  ),
  // Prisma: unreachable, timed out, closed
  ...['P1001', 'P1002', 'P1008', 'P1017', 'DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout'].map(
    (code) => [code, 'dropped'] as const,
  ),
  // shutdown, crash of a neighbour, start-up; read-only after a failover
  ...['57P01', '57P02', '57P03', '25006'].map((code) => [code, 'dropped'] as const),
  // Prisma: no free connection, transaction expired
  ...['P2024', 'P2028', 'P2037', 'TooManyConnections'].map((code) => [code, 'busy'] as const),
  // statement, lock and idle time-outs
  ...['57014', '55P03', '25P03'].map((code) => [code, 'busy'] as const),
  // serialisation, deadlock
  ...['40001', '40P01', 'P2034', 'TransactionWriteConflict'].map((code) => [code, 'conflict'] as const),
]);

/** Classes of SQLSTATE: connection exceptions, and a server out of connections, memory or disk. */
const CLASSES: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['08', 'dropped'],
  ['53', 'busy'],
]);

/** `pg` gives these no code. */
const DROPPED_MESSAGES = /^(Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error)/;
/** All connections of the pool are in use. */
const BUSY_MESSAGES = /^timeout exceeded when trying to connect/;

const text = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);

function* links(error: unknown): Generator<Record<string, unknown>> {
  const seen = new Set<unknown>();
  const queue: unknown[] = [error];
  while (queue.length > 0) {
    const link = queue.shift();
    if (typeof link !== 'object' || link === null || seen.has(link)) continue;
    seen.add(link);
    const fields = link as Record<string, unknown>;
    yield fields;
    // Prisma wraps the driver's error in `cause` or `meta.driverAdapterError`; connecting to several addresses gives `errors`.
    queue.push(fields['cause'], fields['meta'], fields['driverAdapterError'], ...(Array.isArray(fields['errors']) ? fields['errors'] : []));
  }
}

/** Classifies an error of `pg` or of Prisma. */
export function failureKind(error: unknown): FailureKind {
  for (const link of links(error)) {
    for (const code of [...text(link['originalCode']), ...text(link['code']), ...text(link['kind'])]) {
      const kind = KINDS.get(code) ?? (/^[0-9A-Z]{5}$/.test(code) ? CLASSES.get(code.slice(0, 2)) : undefined);
      if (kind !== undefined) return kind;
    }
    const [message = ''] = text(link['message']);
    if (DROPPED_MESSAGES.test(message)) return 'dropped';
    if (BUSY_MESSAGES.test(message)) return 'busy';
  }
  return 'other';
}

/** The error for the caller: `unavailable` when it is the database's state, else the error itself. */
export function toAppError(error: unknown): unknown {
  if (error instanceof AppError || failureKind(error) === 'other') return error;
  return new AppError('unavailable', {}, { cause: error });
}
