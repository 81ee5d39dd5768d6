import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** 256 bits: over TCP it is all that keeps other programs of the machine out. */
const RANDOM_BYTES = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What a session holds in place of a key: good at its own broker, for as long as that is open. */
export class Placeholder {
  readonly value = `bks_${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  readonly #digest = digest(this.value);

  /** Whether a request carries it, as a bearer token or an API key; takes as long for a wrong one. */
  isIn({ authorization = '', 'x-api-key': apiKey = '' }: IncomingHttpHeaders): boolean {
    const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    const matches = [bearer, String(apiKey)].map((candidate) => timingSafeEqual(digest(candidate), this.#digest));
    return matches.includes(true);
  }
}
