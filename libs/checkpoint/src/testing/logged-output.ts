import { randomUUID } from 'node:crypto';
import type { connectLog } from '@berth/log';
import { RedisOutputLog } from '@berth/log';
import { idFromUuid } from '@berth/protocol';
import { Viewer } from '@berth/screen/testing';
import { sequenceBase } from '@berth/session';
import type { SessionToFold } from '../messages.js';

const SIZE = { cols: 40, rows: 10 };

/** Address of the Redis that the test run has started. Throws when there is none. */
export function testRedisUrl(): string {
  const url = process.env['BERTH_TEST_REDIS_URL'];
  if (url === undefined) throw new Error('BERTH_TEST_REDIS_URL is not set: run the specs with npm test, which starts a Redis');
  return url;
}

/** A session of one live run whose output is logged, and a terminal that sees all of it. */
export class LoggedOutput {
  readonly tenantId = idFromUuid('tenant', randomUUID());
  readonly sessionId = idFromUuid('session', randomUUID());
  readonly run = { tenantId: this.tenantId, sessionId: this.sessionId, epoch: 1 };
  readonly session: SessionToFold;
  readonly whole: Viewer;
  end = 0;
  private sequence = sequenceBase(1);
  private readonly log;
  /** One for the whole run: it knows what its entries cost. */
  private readonly appender;

  constructor(
    redis: ReturnType<typeof connectLog>,
    budget = 16 * 1024 * 1024,
    private size = SIZE,
  ) {
    this.session = { tenantId: this.tenantId, sessionId: this.sessionId, runs: [{ epoch: 1, base: 0, end: null }], ...size };
    this.whole = new Viewer({ ...size, scrollback: 1_000 });
    this.log = new RedisOutputLog(redis, () => budget);
    this.appender = this.log.appender(this.run);
  }

  async write(output: string | Uint8Array): Promise<void> {
    const bytes = typeof output === 'string' ? Buffer.from(output) : output;
    this.whole.write(bytes);
    await this.writeUnseen(bytes);
  }

  /** Logs output that the terminal is spared. */
  async writeUnseen(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += 65_536) {
      const piece = bytes.subarray(at, at + 65_536);
      this.end += piece.length;
      await this.appender.append(this.end, piece, this.size);
    }
  }

  async resize(cols: number, rows: number): Promise<void> {
    this.whole.resize(cols, rows);
    await this.appender.mark({ offset: this.end, sequence: ++this.sequence, before: this.size, cols, rows });
    this.size = { cols, rows };
  }

  delete(): Promise<void> {
    return this.log.remove(this.run);
  }
}

/** A terminal that is given a screen. */
export function shown(screen: { cols: number; rows: number; serialized: Uint8Array }): Viewer {
  const viewer = new Viewer({ cols: screen.cols, rows: screen.rows, scrollback: 1_000 });
  viewer.write(screen.serialized);
  return viewer;
}
