import type { ServerFrame } from '@berth/protocol';
import { MAX_OUTPUT_CHUNK, encodeServerFrame } from '@berth/protocol';
import type { LogItem } from '@berth/log';
import type { ViewerChannel } from '@berth/link';
import type { Clock } from '@berth/session';
import { CREDIT_STEP, TOO_SLOW_MS } from './limits.js';
import type { ReadLog } from './log-replay.js';
import { LogReplay } from './log-replay.js';
import { ViewerWindow } from './viewer-window.js';

export interface ViewerOutputOptions {
  /** First offset that the client needs. */
  from: number;
  clock: Clock;
  readLog: ReadLog;
  send: (frame: Uint8Array) => void;
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

  /** The next live bytes, and the OUTPUT frame that holds them: the same one for every viewer. */
  live(offset: number, bytes: Uint8Array, frame: Uint8Array): void {
    const end = offset + bytes.length;
    if (this.source !== 'live' || end <= this.window.sent) return;
    if (offset > this.window.sent || end - this.window.sent > this.window.free) return this.fallBack();
    if (offset < this.window.sent || bytes.length > MAX_OUTPUT_CHUNK) return this.deliver(offset, bytes);
    this.options.send(frame);
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

  private nextRead(): { from: number; max: number } | undefined {
    if (this.channel && this.window.sent >= this.ringStart) {
      this.catchUp();
      return undefined;
    }
    // Less than a chunk is not worth a read; the window is not low then, so an acknowledgement goes on from here.
    if (this.window.free >= MAX_OUTPUT_CHUNK) return { from: this.window.sent, max: this.window.free };
    this.source = 'blocked';
    return undefined;
  }

  private takeItem(item: LogItem): boolean {
    if (item.type === 'bytes') {
      const room = this.window.sent + this.window.free - item.offset;
      this.deliver(item.offset, item.bytes.subarray(0, Math.max(0, room)));
      return room >= item.bytes.length;
    }
    // What the log lacks the host may still have.
    const to = this.channel ? Math.min(item.to, this.ringStart) : item.to;
    this.tellGap(to, item.reason);
    return to === item.to;
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
    this.options.send(encodeServerFrame(frame));
  }
}
