import { EventEmitter } from 'node:events';
import { decode } from '@msgpack/msgpack';
import { Decoder as LaxDecoder } from 'socket.io-msgpack-parser';
import { MAX_MESSAGE } from './limits.js';

/** A packet's parts, or a call's: more than any of ours has. */
const MAX_PARTS = 16;
const LIMITS = { maxArrayLength: MAX_PARTS, maxMapLength: MAX_PARTS, maxStrLength: MAX_MESSAGE, maxBinLength: 16, maxExtLength: 16 };

const { checkPacket } = LaxDecoder.prototype as { checkPacket: (packet: unknown) => void };

/**
 * Reads clients' packets. The decoder that belongs to this format believes the lengths that a message states: five bytes allocate 270 MB, six keep it
 * busy for seconds. This one holds them against limits first. Throws for what it cannot accept; socket.io then closes the connection.
 */
export class Decoder extends EventEmitter {
  add(message: unknown): void {
    if (!(message instanceof Uint8Array)) throw new Error('not a binary message');
    const packet = decode(message, LIMITS);
    checkPacket(packet);
    this.emit('decoded', packet);
  }

  destroy(): void {
    this.removeAllListeners();
  }
}
