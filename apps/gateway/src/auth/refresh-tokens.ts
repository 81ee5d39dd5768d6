import { createHmac, randomBytes } from 'node:crypto';

/**
 * Makes refresh tokens. A token's successor is derived from it, so that an exchange whose answer was lost on the way can be answered again with
 * the same one: a phone that lost its network in that moment stays signed in.
 */
export class RefreshTokens {
  /** `key`: 32 bytes that no token is signed with. */
  constructor(private readonly key: Buffer) {}

  /** The first token of a sign-in: 256 random bits. */
  first(): string {
    return randomBytes(32).toString('base64url');
  }

  /** The token that follows one: 256 bits that nobody can tell without the key. */
  after(token: string): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}
