import type { RunUpdate, SessionId, TenantId } from '@berth/protocol';
import { idFromUuid } from '@berth/protocol';
import { LinkServer } from '@berth/link';
import type { LogItem, StoredScreen } from '@berth/log';
import type { Attachment, RunIdentity, ServedSession, SessionListener, ViewerEvents, ViewerRequest } from '@berth/session';
import { SizeHistory } from '@berth/session';
import type { SessionPlacement } from '@berth/store';
import { seededBytes } from '@berth/testing';
import { randomUUID } from 'node:crypto';

export const SEED = 23;
export const SECRET = 's'.repeat(32);

/** A run that is nothing but seeded output; whoever attaches may type, and every input is remembered. */
export class SeededRun implements ServedSession {
  readonly received: string[] = [];
  readonly released: string[] = [];
  state: RunUpdate;
  readonly sizes: SizeHistory;
  head: number;
  acked = -1;
  private readonly listeners = new Set<SessionListener>();
  private readonly attached = new Map<string, { events: ViewerEvents; last: number }>();
  private readonly last = new Map<string, number>();

  constructor(
    readonly identity: RunIdentity,
    readonly base: number,
    private readonly ringBytes: number,
  ) {
    this.head = base;
    this.sizes = new SizeHistory({ base, epoch: identity.epoch }, { cols: 80, rows: 24 });
    this.state = { epoch: identity.epoch, state: 'running' };
  }

  get ringStart(): number {
    return Math.max(this.base, this.head - this.ringBytes);
  }

  get cols(): number {
    return this.sizes.size.cols;
  }

  get rows(): number {
    return this.sizes.size.rows;
  }

  get viewers(): number {
    return this.attached.size;
  }

  emit(length: number): void {
    const offset = this.head;
    this.head += length;
    this.sizes.trim(this.ringStart);
    for (const listener of this.listeners) listener.output(offset, seededBytes(SEED, offset, length));
  }

  say(update: Omit<RunUpdate, 'epoch'>): void {
    this.state = { epoch: this.identity.epoch, ...update };
    for (const listener of this.listeners) listener.state(this.state);
  }

  read(from: number, max: number): Uint8Array {
    if (from < this.ringStart || from > this.head) throw new RangeError('read outside the ring');
    return seededBytes(SEED, from, Math.min(max, this.head - from));
  }

  watch(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  rivalOf({ clientId, principal }: Pick<ViewerRequest, 'principal' | 'clientId'>): object | undefined {
    return this.attached.get(`${principal}/${clientId}`);
  }

  attach({ clientId, principal, mayDrive, wantsDrive, cols, rows }: ViewerRequest, events: ViewerEvents): Attachment {
    const key = `${principal}/${clientId}`;
    this.attached.get(key)?.events.closed('superseded');
    const entry = { events, last: this.last.get(key) ?? 0 };
    this.attached.set(key, entry);
    const leave = (): void => {
      if (this.attached.get(key) === entry) this.attached.delete(key);
    };
    const drives = mayDrive && wantsDrive;
    if (drives) this.resize(cols, rows);
    return {
      role: drives ? 1 : 0,
      lastInputSeq: entry.last,
      input: (inputSeq, bytes) => {
        const expected = (this.last.get(key) ?? 0) + 1;
        if (inputSeq > expected) {
          leave();
          return events.closed('invalid_request');
        }
        if (inputSeq === expected) {
          this.last.set(key, inputSeq);
          if (!drives) return events.reject(inputSeq, 'forbidden');
          this.received.push(Buffer.from(bytes).toString());
        }
        events.inputAck(this.last.get(key) ?? 0);
      },
      resize: (toCols, toRows) => drives && this.resize(toCols, toRows),
      detach: leave,
    };
  }

  acknowledge(_source: object, parsedUpTo: number): void {
    this.acked = parsedUpTo;
  }

  release(_source: object, how: 'left' | 'lost'): void {
    this.released.push(how);
  }

  resize(cols: number, rows: number): void {
    if (cols === this.cols && rows === this.rows) return;
    const mark = this.sizes.add(this.head, { cols, rows });
    for (const listener of this.listeners) listener.resized(mark);
  }
}

/** One session with its host, its row in the store and its log, as a spec arranges them. */
export class SeededSession {
  readonly tenantId: TenantId = idFromUuid('tenant', randomUUID());
  readonly sessionId: SessionId = idFromUuid('session', randomUUID());
  readonly hostId = idFromUuid('host', randomUUID());
  placement: SessionPlacement | undefined;
  /** Where the runs begin and end in the log. */
  runs: { epoch: number; base: number; end: number | null }[] = [];
  /** The log has nothing before it. */
  logStart = 0;
  /** Its newest screen. */
  screen: StoredScreen | undefined;
  logReads = 0;
  run: SeededRun | undefined;
  private server: LinkServer | undefined;
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.placement = {
      tenantId: this.tenantId,
      sessionId: this.sessionId,
      kind: 'terminal',
      status: 'queued',
      epoch: 0,
      state: 'queued',
      head: 0,
      offsetLimit: 0,
      cols: 80,
      rows: 24,
      host: null,
    };
  }

  /** Changes the session's row. */
  put(change: Partial<SessionPlacement>): void {
    if (this.placement) this.placement = { ...this.placement, ...change };
  }

  /** Rings the session's bell. */
  ring(): void {
    for (const listener of this.listeners) listener();
  }

  listen(changed: () => void): () => void {
    this.listeners.add(changed);
    changed();
    return () => this.listeners.delete(changed);
  }

  /** A host takes the session: a new run, which begins where no offset has been. */
  async claim({ ringBytes = 256 * 1024, base = this.placement?.offsetLimit ?? 0 } = {}): Promise<SeededRun> {
    const epoch = (this.placement?.epoch ?? 0) + 1;
    const run = new SeededRun({ tenantId: this.tenantId, sessionId: this.sessionId, epoch }, base, ringBytes);
    this.run = run;
    this.runs.push({ epoch, base, end: null });
    await this.serve();
    this.put({ status: 'running', state: 'running', epoch, offsetLimit: base + 64 * 1024 * 1024 });
    delete this.placement?.closeReason;
    this.ring();
    return run;
  }

  /** The host listens, again if it did before. */
  async serve(port = 0): Promise<void> {
    this.server = await LinkServer.listen({
      secret: SECRET,
      hostId: this.hostId,
      incarnation: 1,
      listen: { host: '127.0.0.1', port },
      find: (_tenant, _session, epoch) => (this.run?.identity.epoch === epoch ? this.run : undefined),
    });
    this.put({ host: { hostId: this.hostId, incarnation: 1, address: `127.0.0.1:${String(this.server.port)}` } });
  }

  /** The host's process is gone. */
  async kill(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  /** The store records that the run has closed. */
  record(
    closeReason: NonNullable<SessionPlacement['closeReason']>,
    { status, end = this.run?.head ?? 0, exitCode }: { status: 'closed' | 'suspended'; end?: number | null; exitCode?: number },
  ): void {
    const last = this.runs.at(-1);
    if (last) last.end = end;
    this.put({ status, state: 'closed', closeReason, host: null, head: end ?? 0, ...(exitCode === undefined ? {} : { exitCode }) });
    this.ring();
  }

  /** The session waits for its next host. */
  queue(): void {
    this.put({ status: 'queued', state: 'queued' });
    delete this.placement?.closeReason;
    this.ring();
  }

  /** The output log, byte for byte, as far as it goes back. */
  async readLog({ from, max }: { from: number; max: number }): Promise<LogItem[]> {
    this.logReads += 1;
    const index = this.runs.findLastIndex((run) => run.base <= from);
    const run = this.runs[index];
    if (!run) return [];
    const end = run.end ?? this.run?.head ?? run.base;
    const next = this.runs[index + 1];
    if (from >= end) return next ? [{ type: 'gap', from, to: next.base, reason: 'lost' }] : [];
    if (from < this.logStart) return [{ type: 'gap', from, to: Math.min(this.logStart, end), reason: 'pruned' }];
    const items: LogItem[] = [];
    for (let at = from; at < Math.min(end, from + max); at += 50_000) {
      items.push({ type: 'bytes', offset: at, bytes: Buffer.from(seededBytes(SEED, at, Math.min(50_000, end - at))) });
    }
    return items;
  }
}
