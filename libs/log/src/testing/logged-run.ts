import { AssertionError } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { SessionId, TenantId } from '@berth/protocol';
import { idFromUuid, redisKeys } from '@berth/protocol';
import type { RunIdentity } from '@berth/session';
import { seededBytes, verifySeeded } from '@berth/testing';
import type { LogItem, LoggedSession, RunRange, SessionLogReader } from '../index.js';

const SEED = 7;
/** Of every terminal whose size is of no interest. */
export const SIZE = { cols: 80, rows: 24 };
/** The first run of a session, which goes on. */
export const LIVE: RunRange = { epoch: 1, base: 0, end: null };

export const output = (from: number, length: number): Uint8Array => seededBytes(SEED, from, length);

/** A session that no other test knows. */
export class LoggedRuns {
  private readonly tenantId: TenantId = idFromUuid('tenant', randomUUID());
  private readonly sessionId: SessionId = idFromUuid('session', randomUUID());

  run(epoch: number): RunIdentity {
    return { tenantId: this.tenantId, sessionId: this.sessionId, epoch };
  }

  /** Key of a run's log in Redis. */
  key(epoch: number): string {
    return redisKeys.log(this.tenantId, this.sessionId, epoch);
  }

  with(...runs: RunRange[]): LoggedSession {
    return { tenantId: this.tenantId, sessionId: this.sessionId, runs };
  }
}

/** Reads on until nothing more is there. */
export async function readAll(reader: SessionLogReader, session: LoggedSession, { from = 0, max = 5_000 } = {}): Promise<LogItem[]> {
  const items: LogItem[] = [];
  for (let at = from; ;) {
    const next = await reader.read(session, { from: at, max });
    items.push(...next);
    const last = next.at(-1);
    if (!last) return items;
    at = endOf(last);
  }
}

function endOf(item: LogItem): number {
  if (item.type === 'size') return item.offset;
  return item.type === 'gap' ? item.to : item.offset + item.bytes.length;
}

/** Gaps, and where it ends: `[from, to, reason]…, ['end', offset]`. Fails unless the items follow each other without a step and hold the right bytes. */
export function outline(items: readonly LogItem[], from = 0): (number | string)[][] {
  let at = from;
  const gaps: (number | string)[][] = [];
  for (const item of items) {
    if (item.type === 'size') continue;
    const start = item.type === 'gap' ? item.from : item.offset;
    if (start !== at) throw new AssertionError({ message: `an item begins at ${String(start)} instead of ${String(at)}` });
    if (item.type === 'gap') gaps.push([item.from, item.to, item.reason]);
    else if (verifySeeded(SEED, at, item.bytes) !== -1) throw new AssertionError({ message: `wrong bytes behind ${String(at)}` });
    at = endOf(item);
  }
  return [...gaps, ['end', at]];
}
