import type { IncomingMessage } from 'node:http';
import { AppError } from '@berth/protocol';
import type { ConsumedTicket, LivePrincipal, Principal } from '@berth/store';
import type { ByteUpgrade } from './upgrade-check.js';

/** What the gateway's authentication offers to sockets. */
export interface SocketAuthentication {
  /** The principal of the request's Authorization header. Rejects with `unauthenticated`. */
  bearer: (request: IncomingMessage) => Promise<Principal>;
  /** Spends a ticket. Rejects with `unauthenticated`. */
  ticket: (ticket: string) => Promise<ConsumedTicket>;
  /** The principal with its present role. Rejects with `unauthenticated`, `unavailable`. */
  require: (principal: Principal) => Promise<LivePrincipal>;
}

/** Who opens a byte socket: by the header that REST takes too, or by a one-use ticket. Rejects with the error to close with. */
export async function authenticateUpgrade(
  auth: SocketAuthentication,
  request: IncomingMessage,
  upgrade: ByteUpgrade,
): Promise<LivePrincipal> {
  if (upgrade.bearer) return auth.require(await auth.bearer(request));
  if (upgrade.ticket === undefined) throw new AppError('unauthenticated');
  const { sessionId, ...principal } = await auth.ticket(upgrade.ticket);
  // A ticket for another session tells nothing about this one.
  if (sessionId !== null && sessionId !== upgrade.sessionId) throw new AppError('not_found');
  return principal;
}
