import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { ModelUsage } from '@berth/protocol';
import { usageMeter } from './usage-meter.js';

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Counts the tokens of one answer from a copy of its bytes, whether or not the upstream kept to the plain encoding it was asked for. */
export class AnswerMeter {
  readonly #usage;
  readonly #text = new TextDecoder();
  readonly #decoder: Transform | undefined;

  constructor(headers: IncomingHttpHeaders) {
    this.#usage = usageMeter(headers['content-type']);
    this.#decoder = DECODERS[headers['content-encoding']?.trim().toLowerCase() ?? '']?.();
    this.#decoder?.on('data', (bytes: Buffer) => this.#read(bytes));
    // What cannot be decoded is passed on uncounted.
    this.#decoder?.on('error', () => undefined);
  }

  push(bytes: Buffer): void {
    if (!this.#decoder) this.#read(bytes);
    else if (this.#decoder.writable) this.#decoder.write(bytes);
  }

  /** What was counted, once the last bytes are decoded. */
  async finish(): Promise<ModelUsage | undefined> {
    if (this.#decoder) {
      this.#decoder.end();
      await finished(this.#decoder).catch(() => undefined);
    }
    return this.#usage.read();
  }

  #read(bytes: Buffer): void {
    this.#usage.push(this.#text.decode(bytes, { stream: true }));
  }
}
