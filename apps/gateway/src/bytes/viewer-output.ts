import type { ServerFrame } from '@berth/protocol';
import { MAX_OUTPUT_CHUNK } from '@berth/protocol';
import type { ViewerChannel } from '@berth/link';
import type { LogRange, StoredScreen } from '@berth/log';
import type { Clock, OutputPlace, PlacedSize, TerminalSize } from '@berth/session';
import { CREDIT_STEP, TOO_SLOW_MS } from './limits.js';
import type { ReplayItem } from './late-screen.js';
import type { ReadLog } from './log-replay.js';
import { LogReplay } from './log-replay.js';
import { message } from './message.js';
import { ViewerWindow } from './viewer-window.js';

export interface ViewerOutputOptions {
  /** First offset that the client needs. */
  from: number;
  clock: Clock;
  readLog: ReadLog;
  send: (bytes: Buffer) => void;
  /** The fan-out carries this viewer from now on, or no longer. */
  joined: (live: boolean) => void;
  /** Everything there is has been sent, and no host has more. */
  exhausted: () => void;
  failed: (error: unknown) => void;
}

/**
 * Where output comes from. `off`: nowhere yet. `opening`: the host was asked. `replaying`: the host sends what it still has. `live`: the
 * fan-out. `reading`: the log. `blocked`: nowhere until the client has parsed more. `end`: there is nothing more.
 */
type Source = 'off' | 'opening' | 'replaying' | 'live' | 'reading' | 'blocked' | 'end';

/** Output of one viewer: every byte from its own position on, or an exact gap, from wherever it can be had. Holds none of it. */
export class ViewerOutput {
  private readonly window: ViewerWindow;
  private readonly replay: LogReplay;
  private source: Source = 'off';
  private channel: ViewerChannel | undefined;
  /** First offset that the host still has, as it said last. */
  private ringStart = 0;
  /** Offset up to which the host may send on the viewer channel. */
  private granted = 0;
  /** The last change of size that the source told. */
  private resize: OutputPlace = { offset: 0, sequence: 0 };
  /** The size that the client knows; undefined: only its client knows what it had at the place where it goes on. */
  private size: TerminalSize | undefined;

  constructor(private readonly options: ViewerOutputOptions) {
    this.window = new ViewerWindow(options.from);
    this.replay = new LogReplay(options.readLog, options.clock, {
      next: () => this.nextRead(),
      item: (item) => this.takeItem(item),
      exhausted: () => this.logExhausted(),
      away: () => this.logAway(),
      failed: options.failed,
    });
  }

  /** Next offset to send. */
  get sent(): number {
    return this.window.sent;
  }

  /** Offset up to which the client has parsed. */
  get acked(): number {
    return this.window.acked;
  }

  get ended(): boolean {
    return this.source === 'end';
  }

  /** Whether the client has let its window stay full for too long. */
  tooSlow(now: number): boolean {
    return this.window.fullSince !== undefined && now - this.window.fullSince >= TOO_SLOW_MS;
  }

  /** A host will be asked: what it is asked for, so that it may begin at once. */
  opening(): { from: number; credit: number } {
    this.replay.stop();
    this.source = 'opening';
    const { sent, free } = this.window;
    this.granted = sent + free;
    return { from: sent, credit: free };
  }

  /** The host answered: it sends on this channel, from its ring. */
  opened(channel: ViewerChannel, ringStart: number): void {
    this.channel = channel;
    this.ringStart = ringStart;
    this.source = 'replaying';
    this.giveCredit();
  }

  /** No host is at hand. */
  disconnect(): void {
    this.channel = undefined;
    this.replay.stop();
    this.source = 'off';
  }

  /** Reads what the log has until its end, with no host at hand. */
  readToEnd(): void {
    if (this.source === 'off' || this.source === 'end') this.read();
  }

  /** The client has been told the present size. One that begins has nothing yet that would have had another. */
  attached(size: TerminalSize): void {
    if (this.options.from === 0) this.size = size;
  }

  /** Tells the client the size of what comes next, if it does not know it. */
  tellSize({ cols, rows }: TerminalSize): void {
    if (this.size?.cols === cols && this.size.rows === rows) return;
    this.size = { cols, rows };
    this.send({ type: 'resize', cols, rows });
  }

  /** A size on the viewer channel. */
  replayedSize(size: PlacedSize): void {
    if (this.source === 'replaying') this.takeSize(size);
  }

  /** A size on the live channel. */
  liveSized(size: PlacedSize): void {
    if (this.source === 'live') this.takeSize(size);
  }

  /** Bytes on the viewer channel. */
  replayed(offset: number, bytes: Uint8Array): void {
    if (this.source === 'replaying') this.deliver(offset, bytes);
  }

  /** The viewer channel is drained: the live channel goes on at `at`. */
  join(at: number): void {
    if (this.source !== 'replaying') return;
    if (at > this.window.sent) return this.catchUp();
    this.source = 'live';
    this.options.joined(true);
  }

  /** What comes next has left the host's ring. */
  behind(ringStart: number): void {
    this.ringStart = ringStart;
    if (this.source === 'live') this.fallBack();
    else if (this.source === 'replaying') this.read();
  }

  /** The next live bytes, and the message that holds them: the same one for every viewer. */
  live(offset: number, bytes: Uint8Array, ready: Buffer): void {
    const end = offset + bytes.length;
    if (this.source !== 'live' || end <= this.window.sent) return;
    if (offset > this.window.sent || end - this.window.sent > this.window.free) return this.fallBack();
    if (offset < this.window.sent || bytes.length > MAX_OUTPUT_CHUNK) return this.deliver(offset, bytes);
    this.options.send(ready);
    this.window.advance(end, this.options.clock.now());
  }

  /** False: the client claims to have parsed what it was not sent. */
  acknowledge(parsedUpTo: number): boolean {
    if (!this.window.acknowledge(parsedUpTo, this.options.clock.now())) return false;
    if (this.source === 'blocked' && this.window.low) this.catchUp();
    else if (this.source === 'replaying') this.giveCredit();
    return true;
  }

  /** Live output does not fit or has a hole: goes on from the viewer's own position as soon as there is room. */
  private fallBack(): void {
    this.options.joined(false);
    this.catchUp();
  }

  /** Asks for what comes next where it can be had, if the client has room for it. */
  private catchUp(): void {
    if (!this.window.low) {
      this.source = 'blocked';
      return;
    }
    if (!this.channel || this.window.sent < this.ringStart) return this.read();
    const { sent, free } = this.window;
    this.source = 'replaying';
    this.granted = sent + free;
    this.channel.resume(sent, free);
  }

  private giveCredit(): void {
    const limit = this.window.sent + this.window.free;
    if (limit - this.granted < CREDIT_STEP) return;
    this.channel?.addCredit(limit - this.granted);
    this.granted = limit;
  }

  private read(): void {
    this.source = 'reading';
    this.replay.start();
  }

  private nextRead(): LogRange | undefined {
    if (this.channel && this.window.sent >= this.ringStart) {
      this.catchUp();
      return undefined;
    }
    // Less than a chunk is not worth a read; the window is not low then, so an acknowledgement goes on from here.
    if (this.window.free >= MAX_OUTPUT_CHUNK) return { from: this.window.sent, sequence: this.sequence, max: this.window.free };
    this.source = 'blocked';
    return undefined;
  }

  private takeItem(item: ReplayItem): boolean {
    if (item.type === 'size') {
      this.takeSize(item);
      return true;
    }
    if (item.type === 'bytes') {
      const room = this.window.sent + this.window.free - item.offset;
      this.deliver(item.offset, item.bytes.subarray(0, Math.max(0, room)));
      return room >= item.bytes.length;
    }
    if (item.type === 'screen') return this.show(item.screen);
    // What the log lacks the host may still have.
    const to = this.channel ? Math.min(item.to, this.ringStart) : item.to;
    this.tellGap(to, item.reason);
    return to === item.to;
  }

  /** Sequence of the last change of size that the source told where the client stands. */
  private get sequence(): number {
    return this.resize.offset === this.window.sent ? this.resize.sequence : 0;
  }

  /** Sources overlap, log, ring and live output: each change counts once, and only where the client stands. */
  private takeSize({ offset, sequence, cols, rows }: PlacedSize): void {
    if (offset !== this.window.sent || sequence < this.sequence) return;
    this.resize = { offset, sequence };
    this.tellSize({ cols, rows });
  }

  /** The viewer becomes what it would be had it seen all output before. */
  private show(screen: StoredScreen): boolean {
    const { offset, cols, rows, serialized } = screen;
    if (offset <= this.window.sent) return true;
    this.tellGap(offset, 'pruned');
    this.send({ type: 'screen', offset, cols, rows, serialized });
    this.size = { cols, rows };
    this.window.charge(serialized.length, this.options.clock.now());
    return true;
  }

  private logExhausted(): void {
    if (this.channel) return this.goOnAtRing();
    this.source = 'end';
    this.options.exhausted();
  }

  private logAway(): void {
    if (!this.channel) return;
    this.replay.stop();
    this.goOnAtRing();
  }

  /** The host's ring begins behind what the log has: what lies between was never logged. */
  private goOnAtRing(): void {
    this.tellGap(this.ringStart, 'unlogged');
    this.catchUp();
  }

  private tellGap(to: number, reason: string): void {
    const from = this.window.sent;
    if (to <= from) return;
    this.send({ type: 'gap', from, to, reason });
    this.window.skip(to);
  }

  private deliver(offset: number, bytes: Uint8Array): void {
    const { sent } = this.window;
    if (offset > sent) return this.catchUp();
    for (let at = sent - offset; at < bytes.length; at += MAX_OUTPUT_CHUNK) {
      const data = bytes.subarray(at, at + MAX_OUTPUT_CHUNK);
      this.send({ type: 'output', offset: offset + at, data });
      this.window.advance(offset + at + data.length, this.options.clock.now());
    }
  }

  private send(frame: ServerFrame): void {
    this.options.send(message(frame));
  }
}
