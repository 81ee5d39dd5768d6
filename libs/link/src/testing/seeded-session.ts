import { randomUUID } from 'node:crypto';
import type { ErrorCode, RunUpdate } from '@berth/protocol';
import { idFromUuid } from '@berth/protocol';
import type { Attachment, ServedSession, SessionListener, ViewerEvents, ViewerRequest } from '@berth/session';
import { SizeHistory } from '@berth/session';
import { seededBytes } from '@berth/testing';

export const SEED = 11;

/** A session that is nothing but seeded output: a ring that holds the last `ringBytes`, whoever attaches may type. */
export class SeededSession implements ServedSession {
  readonly identity;
  readonly sizes: SizeHistory;
  readonly state: RunUpdate;
  readonly received: string[] = [];
  /** What the latest viewer asked for. */
  requested: ViewerRequest | undefined;
  readonly released: string[] = [];
  head = 0;
  parsedUpTo = 0;
  private readonly listeners = new Set<SessionListener>();
  private readonly viewers = new Map<string, ViewerEvents>();

  constructor(
    private readonly ringBytes: number,
    epoch = 3,
    sessionId = idFromUuid('session', randomUUID()),
  ) {
    this.identity = { tenantId: idFromUuid('tenant', '0'.repeat(32)), sessionId, epoch };
    this.state = { epoch, state: 'running' };
    this.sizes = new SizeHistory({ base: 0, epoch }, { cols: 80, rows: 24 });
  }

  get ringStart(): number {
    return Math.max(0, this.head - this.ringBytes);
  }

  get cols(): number {
    return this.sizes.size.cols;
  }

  get rows(): number {
    return this.sizes.size.rows;
  }

  get watchers(): number {
    return this.listeners.size;
  }

  get attached(): number {
    return this.viewers.size;
  }

  emit(length: number): void {
    const offset = this.head;
    this.head += length;
    this.sizes.trim(this.ringStart);
    for (const listener of this.listeners) listener.output(offset, seededBytes(SEED, offset, length));
  }

  resize(cols: number, rows: number): void {
    if (cols === this.cols && rows === this.rows) return;
    const mark = this.sizes.add(this.head, { cols, rows });
    for (const listener of this.listeners) listener.resized(mark);
  }

  say(update: RunUpdate): void {
    for (const listener of this.listeners) listener.state(update);
  }

  /** Ends the viewer of a client. */
  end(clientId: string, code: ErrorCode): void {
    const viewer = this.viewers.get(clientId);
    this.viewers.delete(clientId);
    viewer?.closed(code);
  }

  read(from: number, max: number): Uint8Array {
    if (from < this.ringStart || from > this.head) throw new RangeError('read outside the ring');
    return seededBytes(SEED, from, Math.min(max, this.head - from, 10_000));
  }

  watch(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  rivalOf({ clientId }: Pick<ViewerRequest, 'clientId'>): object | undefined {
    return this.viewers.get(clientId);
  }

  attach(viewer: ViewerRequest, events: ViewerEvents): Attachment {
    const { clientId } = viewer;
    this.requested = viewer;
    this.end(clientId, 'superseded');
    this.viewers.set(clientId, events);
    return {
      role: 1,
      lastInputSeq: 5,
      input: (inputSeq, bytes) => {
        this.received.push(`${String(inputSeq)}:${Buffer.from(bytes).toString()}`);
        if (bytes.length > 1_000) events.reject(inputSeq, 'input_full');
        else events.inputAck(inputSeq);
      },
      resize: (cols, rows) => this.resize(cols, rows),
      detach: () => {
        if (this.viewers.get(clientId) === events) this.viewers.delete(clientId);
      },
    };
  }

  acknowledge(_source: object, parsedUpTo: number): void {
    this.parsedUpTo = Math.max(this.parsedUpTo, parsedUpTo);
  }

  release(_source: object, how: 'left' | 'lost'): void {
    this.released.push(how);
  }
}

/** Emits bursts of up to `bytes`, each in its own turn, until told to stop. */
export function flood(session: SeededSession, bytes: number): () => void {
  let on = true;
  const burst = () => {
    if (!on) return;
    session.emit(1 + (session.head % bytes));
    setImmediate(burst);
  };
  burst();
  return () => (on = false);
}
