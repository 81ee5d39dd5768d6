import type { RunUpdate, SessionId, TenantId } from '@berth/protocol';
import type { PlacedSize } from '@berth/session';
import type { LinkConnection, LiveChannel, ViewerChannel, ViewerChannelEvents } from '@berth/link';
import { outputMessage } from './message.js';

/** A viewer, as the live output of a run needs it. */
export interface LiveViewer {
  /** How far it has parsed. */
  readonly acked: number;
  /** The next live bytes, and the message that holds them: the same one for every viewer. */
  live(offset: number, bytes: Uint8Array, message: Buffer): void;
  /** A change of size, in order with the live bytes. */
  liveSized(size: PlacedSize): void;
  /** The host has stopped live output, because this gateway fell behind its ring. */
  liveBehind(ringStart: number): void;
}

export interface RunLinkEvents {
  /** Whether this run may still be heard: no later epoch is known, and it is not known to be closed. */
  current(): boolean;
  /** Output of a run that may not be heard any more; heard only while the fence is switched off. */
  stale(message: Buffer): void;
  state(update: RunUpdate): void;
  disconnected(): void;
}

/** What OPEN says of a viewer, beyond whose run it is. */
export interface OpenRun {
  from: number;
  credit: number;
  principal: string;
  clientId: string;
  mayDrive: boolean;
  wantsDrive: boolean;
  cols: number;
  rows: number;
}

/** One run of a session on its host: the live channel, fanned out to the viewers that have joined it. */
export class RunLink {
  private readonly live: LiveChannel;
  private readonly joined = new Set<LiveViewer>();
  /** Viewers that pace the program: those that have been live once. */
  private readonly pacing = new Set<LiveViewer>();
  private lastAck: number | undefined;
  private ackQueued = false;
  private closed = false;

  constructor(
    connection: LinkConnection,
    private readonly identity: { tenantId: TenantId; sessionId: SessionId; epoch: number },
    private readonly events: RunLinkEvents,
    private readonly fenced: boolean,
  ) {
    this.live = connection.openLive({
      output: (offset, bytes) => this.output(offset, bytes),
      behind: (ringStart) => this.behind(ringStart),
      resized: (size) => {
        if (events.current()) for (const viewer of this.joined) viewer.liveSized(size);
      },
      state: (update) => {
        if (events.current()) events.state(update);
      },
      disconnected: () => {
        this.closed = true;
        events.disconnected();
      },
    });
  }

  get epoch(): number {
    return this.identity.epoch;
  }

  openViewer(open: OpenRun, events: ViewerChannelEvents): ViewerChannel {
    return this.live.openViewer({ ...this.identity, ...open }, events);
  }

  /** Closes a viewer channel. With the fence off a run that was replaced keeps its channels, so that it would be heard. */
  closeViewer(channel: ViewerChannel, how: { lost: boolean }): void {
    if (this.fenced || this.events.current()) channel.close(how);
  }

  /** The viewer's next bytes come from the live channel. */
  join(viewer: LiveViewer): void {
    this.joined.add(viewer);
    this.pacing.add(viewer);
    this.acknowledge(viewer);
  }

  /** The viewer takes no live bytes for now; it still paces. */
  leave(viewer: LiveViewer): void {
    this.joined.delete(viewer);
  }

  remove(viewer: LiveViewer): void {
    this.joined.delete(viewer);
    // Without the furthest, the next one sets the pace: not now, for it may be silent, but with its own next acknowledgement.
    if (this.pacing.delete(viewer) && viewer.acked === this.lastAck) this.lastAck = undefined;
  }

  /** The viewer has parsed more: tells the host how far the furthest is, once a turn. */
  acknowledge(viewer: LiveViewer): void {
    if (this.ackQueued || !this.pacing.has(viewer) || (this.lastAck !== undefined && viewer.acked <= this.lastAck)) return;
    this.ackQueued = true;
    setImmediate(() => {
      this.ackQueued = false;
      this.tellFurthest();
    });
  }

  /** Forgets the run; its viewer channels are closed before. */
  close(): void {
    this.closed = true;
    this.joined.clear();
    this.pacing.clear();
    if (this.fenced || this.events.current()) this.live.close();
  }

  private tellFurthest(): void {
    if (this.closed || this.pacing.size === 0) return;
    let furthest = -1;
    for (const { acked } of this.pacing) furthest = Math.max(furthest, acked);
    if (furthest === this.lastAck) return;
    this.lastAck = furthest;
    this.live.ack(furthest);
  }

  private output(offset: number, bytes: Uint8Array): void {
    const message = outputMessage(offset, bytes);
    if (!this.events.current()) return this.events.stale(message);
    for (const viewer of this.joined) viewer.live(offset, bytes, message);
  }

  private behind(ringStart: number): void {
    if (!this.events.current()) return;
    for (const viewer of [...this.joined]) {
      this.joined.delete(viewer);
      viewer.liveBehind(ringStart);
    }
  }
}
