import { MAX_OUTPUT_CHUNK } from '@berth/protocol';
import { OUTPUT_HEADER, writeOutputFrame } from './frame-codec.js';

const MIB = 1024 * 1024;
/** More than this unsent means that the peer does not read: producers wait for `drained`. */
export const CONGESTED_BYTES = 1 * MIB;
/** Producers go on at this much, so that the socket never runs dry. `< CONGESTED_BYTES`. */
const DRAINED_BYTES = CONGESTED_BYTES / 2;
/** What nobody paces (answers, keystrokes) ends the connection here; sixteen of the largest inputs. `> CONGESTED_BYTES`. */
export const MAX_UNSENT_BYTES = 16 * MIB;
/** Holds four full chunks of output. Small writes share one, so that a stalled peer costs no more than what was sent. */
const BLOCK_BYTES = 4 * (MAX_OUTPUT_CHUNK + OUTPUT_HEADER);
/** Blocks kept for the next turns of a busy connection. */
const SPARE_BLOCKS = 2;
/** What hangs on it runs at the end of the turn, and costs less than a tick. */
const END_OF_TURN = Promise.resolve();
/** Longest that what may wait for company waits: longer than a program takes to echo a key, shorter than anybody notices. */
const COMPANY_MS = 8;

interface Block {
  buffer: Buffer;
  used: number;
}

export interface OutboxOptions {
  /** Writes to the socket; `done`, called once, in this call or later, when the bytes may be overwritten. */
  write: (bytes: Buffer, done: () => void) => void;
  /** The peer reads again after {@link Outbox.congested}. */
  drained: () => void;
  /** More than {@link MAX_UNSENT_BYTES} are unsent. */
  overflow: () => void;
}

/** Frames on their way into one socket: everything that a turn produces leaves in one system call, from memory that is used again. */
export class Outbox {
  private readonly blocks: Block[] = [];
  private readonly spare: Buffer[] = [];
  private unsent = 0;
  private writing = false;
  private flushQueued = false;
  private full = false;
  private readonly waiting = new Set<() => void>();
  private companyTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: OutboxOptions) {}

  /** Whether producers that can wait have to. */
  get congested(): boolean {
    return this.full;
  }

  /** Bytes that the kernel has not taken. */
  get size(): number {
    return this.unsent;
  }

  /** Takes a copy of a frame. */
  send(frame: Buffer): void {
    const block = this.reserve(frame.length);
    frame.copy(block.buffer, block.used);
    this.added(block, frame.length);
  }

  /** Takes a copy of output, framed in place. */
  sendOutput(channel: number, offset: number, bytes: Uint8Array): void {
    const size = OUTPUT_HEADER + bytes.length;
    const block = this.reserve(size);
    writeOutputFrame(block.buffer, block.used, { channel, offset, bytes });
    this.added(block, size);
  }

  /**
   * Calls back when something leaves in any case, to send along what is not worth a write, and a wake-up of the peer, of its own; after
   * {@link COMPANY_MS} at the latest. Asked twice, it calls once.
   */
  along(send: () => void): void {
    const { size } = this.waiting;
    this.waiting.add(send);
    if (size > 0) return;
    if (this.companyTimer) this.companyTimer.refresh();
    else this.companyTimer = setTimeout(() => this.sendWaiting(), COMPANY_MS);
  }

  /** Writes what waits, unless a write is under way: that one is followed by the rest. */
  flush(): void {
    if (this.writing) return;
    const block = this.blocks.shift();
    if (!block) return;
    this.writing = true;
    this.options.write(block.buffer.subarray(0, block.used), () => {
      this.writing = false;
      this.unsent -= block.used;
      if (block.buffer.length === BLOCK_BYTES && this.spare.length < SPARE_BLOCKS) this.spare.push(block.buffer);
      if (this.full && this.unsent <= DRAINED_BYTES) {
        this.full = false;
        this.options.drained();
      }
      this.flush();
    });
  }

  /** Hands everything over, for a socket that is to end. */
  flushAll(): void {
    this.sendWaiting();
    for (const block of this.blocks.splice(0)) this.options.write(block.buffer.subarray(0, block.used), () => undefined);
  }

  private reserve(size: number): Block {
    const last = this.blocks.at(-1);
    if (last && last.used + size <= last.buffer.length) return last;
    const buffer = size > BLOCK_BYTES ? Buffer.allocUnsafe(size) : (this.spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES));
    const block = { buffer, used: 0 };
    this.blocks.push(block);
    return block;
  }

  private added(block: Block, size: number): void {
    block.used += size;
    this.unsent += size;
    if (this.unsent >= CONGESTED_BYTES) this.full = true;
    if (this.unsent > MAX_UNSENT_BYTES) this.options.overflow();
    if (this.flushQueued) return;
    this.flushQueued = true;
    // Behind everything else that this turn sends.
    void END_OF_TURN.then(this.endTurn);
  }

  private readonly endTurn = (): void => {
    this.sendWaiting();
    this.flushQueued = false;
    this.flush();
  };

  private sendWaiting(): void {
    if (this.waiting.size === 0) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const send of waiting) send();
  }
}
