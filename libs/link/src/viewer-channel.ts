import type { ErrorCode, LinkOpened } from '@berth/protocol';
import { LINK_FRAME, LinkClose, LinkOpened as LinkOpenedSchema } from '@berth/protocol';
import type { PlacedSize } from '@berth/session';
import { readJson, readNumber, readOffset, readOutput, readPlacedSize } from './frame-body.js';
import type { LinkFrame } from './frame-parser.js';
import { FRAME_HEADER, allocateFrame, jsonFrame, numberFrame, sizeFrame } from './frame-codec.js';

/** What the host says about one viewer. Byte views are valid in the turn of the call only. */
export interface ViewerChannelEvents {
  /** Another connection of this client is attached: {@link ViewerChannel.proven} once this one's client has shown from now on that it is there. */
  prove(): void;
  opened(opened: LinkOpened): void;
  output(offset: number, bytes: Uint8Array): void;
  /** The size from a place on: before the first output after OPEN or RESUME, and at each change. */
  sized(size: PlacedSize): void;
  /** Output goes on in the live channel, whose next byte is `at`; bytes that the viewer has are to be left out. */
  join(at: number): void;
  /** The next byte has left the ring, which begins at `ringStart`: read the log, then {@link ViewerChannel.resume}. */
  behind(ringStart: number): void;
  inputAck(lastApplied: number): void;
  reject(inputSeq: number, code: string): void;
  /** Input that was not taken may be offered again. */
  drained(): void;
  /** The host has ended this viewer: `superseded`, `invalid_request`; `lease_lost` when it does not run that session at that epoch. */
  closed(code: ErrorCode): void;
}

/** What a viewer channel needs of its connection. */
export interface ViewerCarrier {
  send(frame: Buffer): void;
  /** Whether the connection takes input now; if not, the channel is told when it does. */
  takesInput(channel: ViewerChannel): boolean;
  /** The channel is gone. */
  gone(): void;
}

/** Gateway side of a viewer channel. */
export class ViewerChannel {
  constructor(
    private readonly channel: number,
    private readonly carrier: ViewerCarrier,
    private readonly events: ViewerChannelEvents,
  ) {}

  /** Asks for output from `from` again, of which `credit` bytes may be sent. */
  resume(from: number, credit: number): void {
    const frame = allocateFrame(LINK_FRAME.resume, this.channel, 10);
    frame.writeUIntBE(from, FRAME_HEADER, 6);
    frame.writeUInt32BE(credit, FRAME_HEADER + 6);
    this.carrier.send(frame);
  }

  /** Allows `bytes` more of catch-up output. */
  addCredit(bytes: number): void {
    this.carrier.send(numberFrame(LINK_FRAME.credit, this.channel, bytes));
  }

  /** False: the host does not read as fast as people type; offer it again when {@link ViewerChannelEvents.drained} is called. */
  input(inputSeq: number, bytes: Uint8Array): boolean {
    if (!this.carrier.takesInput(this)) return false;
    this.carrier.send(numberFrame(LINK_FRAME.input, this.channel, inputSeq, bytes));
    return true;
  }

  /** The client is there: it supersedes the other one. */
  proven(): void {
    this.carrier.send(allocateFrame(LINK_FRAME.proven, this.channel, 0));
  }

  drained(): void {
    this.events.drained();
  }

  resize(cols: number, rows: number): void {
    this.carrier.send(sizeFrame(this.channel, cols, rows));
  }

  /** Detaches; `lost` when the viewer's connection broke and it may be back in a moment. No event follows. */
  close({ lost }: { lost: boolean }): void {
    this.carrier.send(jsonFrame(LINK_FRAME.close, this.channel, { lost } satisfies LinkClose));
    this.carrier.gone();
  }

  receive({ type, body }: LinkFrame): void {
    switch (type) {
      case LINK_FRAME.prove:
        this.events.prove();
        return;
      case LINK_FRAME.opened:
        this.events.opened(readJson(LinkOpenedSchema, body));
        return;
      case LINK_FRAME.output: {
        const { offset, bytes } = readOutput(body);
        this.events.output(offset, bytes);
        return;
      }
      case LINK_FRAME.resize:
        this.events.sized(readPlacedSize(body));
        return;
      case LINK_FRAME.join:
        this.events.join(readOffset(body));
        return;
      case LINK_FRAME.behind:
        this.events.behind(readOffset(body));
        return;
      case LINK_FRAME.inputAck:
        this.events.inputAck(readNumber(body));
        return;
      case LINK_FRAME.reject:
        this.events.reject(readNumber(body), body.subarray(4).toString('utf8'));
        return;
      case LINK_FRAME.close:
        this.carrier.gone();
        this.events.closed(readJson(LinkClose, body).code ?? 'internal');
        return;
      case LINK_FRAME.notOwner:
        this.carrier.gone();
        this.events.closed('lease_lost');
    }
  }
}
