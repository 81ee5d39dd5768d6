import { Readable } from 'node:stream';
import type { LoggedSession } from '@berth/log';
import { SessionLogReader } from '@berth/log';
import type { SessionId } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import type { TenantScope } from '../edge/scope.js';

/** Most of one answer; the next call goes on at `Berth-To`. */
const MAX_ANSWER = 16 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** A stretch of output without a gap. */
export interface OutputRange {
  kind: 'range';
  from: number;
  to: number;
  bytes: Readable;
}

/** The log no longer has what was asked for; `oldest`: the first offset after it that it has. */
export interface PrunedOutput {
  kind: 'pruned';
  oldest: number;
}

/** Terminal output as the log has it. */
@Injectable()
export class SessionOutputService {
  constructor(
    private readonly store: Store,
    private readonly reader: SessionLogReader,
  ) {}

  /**
   * Output from `from`, or from where the next run begins, up to the first gap, the end of the log or 16 MiB. Read
   * twice, because its end stands in a header: once to measure, once to send.
   */
  async open({ tenantId }: TenantScope, sessionId: SessionId, from: number): Promise<OutputRange | PrunedOutput> {
    const { runs, session } = await this.store.withTenant(tenantId, async ({ sessions }) => ({
      session: await sessions.get(sessionId),
      runs: await sessions.runs(sessionId),
    }));
    if (!session) throw new AppError('not_found');
    const logged = { tenantId, sessionId, runs };
    const first = (await this.reader.read(logged, { from, max: 1 })).find(({ type }) => type !== 'size');
    if (first?.type === 'gap' && first.reason === 'pruned') return { kind: 'pruned', oldest: first.to };
    const start = first?.type === 'gap' ? first.to : from;
    let to = start;
    for await (const chunk of this.chunks(logged, start, start + MAX_ANSWER)) to += chunk.length;
    return { kind: 'range', from: start, to, bytes: Readable.from(this.chunks(logged, start, to), { objectMode: false }) };
  }

  /** Bytes of `[from, to)` up to the first gap. */
  private async *chunks(session: LoggedSession, from: number, to: number): AsyncGenerator<Buffer> {
    let at = from;
    while (at < to) {
      const items = await this.reader.read(session, { from: at, max: READ_BYTES });
      if (items.length === 0) return;
      for (const item of items) {
        if (item.type === 'size') continue;
        if (item.type === 'gap' || at >= to) return;
        const bytes = item.bytes.subarray(0, to - at);
        yield bytes;
        at += bytes.length;
      }
    }
  }
}
