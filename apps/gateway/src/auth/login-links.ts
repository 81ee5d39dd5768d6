import { randomBytes } from 'node:crypto';
import type { LoginLink } from '@berth/protocol';

/** Time to walk to the other device. */
export const OWN_LINK_S = 10 * 60;
/** Somebody else has to find the message first. */
export const INVITATION_S = 7 * 24 * 60 * 60;

/** Secret of a link: 256 random bits. */
export const newLinkToken = (): string => randomBytes(32).toString('base64url');

/** Address of a link. The secret stands in the fragment: browsers keep that to themselves. */
export const loginLinkUrl = (origin: string, token: string): string => `${origin}/login#token=${token}`;

/** A link as people get it. `origin`: under which they reach Berth; undefined only before the gateway listens. */
export function toLoginLink(origin: string | undefined, token: string, expiresAt: Date): LoginLink {
  if (origin === undefined) throw new Error('a link was asked for before the gateway listens');
  return { url: loginLinkUrl(origin, token), expiresAt: expiresAt.toISOString() };
}
