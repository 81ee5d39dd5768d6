import { createHash } from 'node:crypto';

/** What is stored of a token. The tokens are random and long, so one round of sha256 is enough. */
export const tokenHash = (token: string): Uint8Array<ArrayBuffer> => new Uint8Array(createHash('sha256').update(token).digest());
