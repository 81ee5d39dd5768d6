import { z } from 'zod';
import { RunUpdate } from '../bytes/run-update.js';
import { ErrorCode } from '../errors.js';
import { ClientId, HostId, SessionId, TenantId } from '../ids.js';
import { MAX_OFFSET } from '../limits.js';

const Offset = z.int().min(0).max(MAX_OFFSET);
const Channel = z.int().min(1).max(0xffff_ffff);
const Nonce = z.string().regex(/^[0-9a-f]{64}$/);

export const LinkChallenge = z.object({ protocol: z.int(), nonce: Nonce });
export type LinkChallenge = z.infer<typeof LinkChallenge>;

/** `mac` = hex HMAC-SHA256 under HKDF(BERTH_SECRET, "link") of `gateway|<host's nonce>|<own nonce>|<hostId>|<incarnation>`. */
export const LinkHello = z.object({
  protocol: z.int(),
  gatewayId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  hostId: HostId,
  incarnation: z.int().min(1),
  nonce: Nonce,
  mac: Nonce,
});
export type LinkHello = z.infer<typeof LinkHello>;

/** `mac` as in {@link LinkHello}, of `host|<gateway's nonce>|<own nonce>|<hostId>|<incarnation>`. */
export const LinkWelcome = z.object({ protocol: z.int(), hostId: HostId, incarnation: z.int().min(1), mac: Nonce });
export type LinkWelcome = z.infer<typeof LinkWelcome>;

export const LinkRefusal = z.object({ reason: z.enum(['protocol', 'unauthenticated', 'wrong_host', 'draining', 'malformed']) });
export type LinkRefusal = z.infer<typeof LinkRefusal>;

export const LinkOpen = z.object({
  tenantId: TenantId,
  sessionId: SessionId,
  epoch: z.int().min(1),
  /** Live channel of this session on this connection. */
  live: Channel,
  /** Next offset that the viewer needs. */
  from: Offset,
  /** Bytes that may be sent on the viewer channel before CREDIT. */
  credit: z.int().min(0),
  /** Who is attached: a user id or a key id; input is sequenced for each (principal, clientId). */
  principal: z.string().min(1).max(128),
  clientId: ClientId,
  /** The gateway has checked that this principal may type. */
  mayDrive: z.boolean(),
  wantsDrive: z.boolean(),
  cols: z.int(),
  rows: z.int(),
});
export type LinkOpen = z.infer<typeof LinkOpen>;

export const LinkOpened = z.object({
  head: Offset,
  ringStart: Offset,
  cols: z.int(),
  rows: z.int(),
  role: z.union([z.literal(0), z.literal(1)]),
  lastInputSeq: z.int().min(0),
  state: RunUpdate,
});
export type LinkOpened = z.infer<typeof LinkOpened>;

/** Why a viewer channel ends: no code when the viewer left by itself, `lost` when its connection broke and it may be back in a moment. */
export const LinkClose = z.object({ code: ErrorCode.optional(), lost: z.boolean().optional() });
export type LinkClose = z.infer<typeof LinkClose>;
