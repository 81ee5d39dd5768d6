import type { MemberRole, SessionId, TenantId, UserId } from '@berth/protocol';

export interface Account {
  id: UserId;
  email: string;
  name: string;
  /** Null: this user signs in by link only. */
  passwordHash: string | null;
}

export interface FirstTenant {
  tenantName: string;
  email: string;
  userName: string;
  passwordHash?: string;
}

/** A chain of refresh tokens: one signed-in browser. */
export interface NewFamily {
  userId: UserId;
  tenantId: TenantId;
  /** The first refresh token; only its hash is stored. */
  token: string;
  lifetimeSeconds: number;
}

export interface Rotation {
  familyId: string;
  /** What the browser sent. */
  presented: string;
  /** What it is to send next time. */
  next: string;
  /** From now; every rotation starts it again. */
  lifetimeSeconds: number;
}

/**
 * `rotated`: `next` is now the good token. `concurrent`: the token before was presented within the grace, as two tabs do; an
 * access token may be issued, the cookie stays. `reused`: an older token came back, so the family has been revoked.
 * `refused`: there is no such live family.
 */
export type RotationResult =
  | { outcome: 'rotated' | 'concurrent'; userId: UserId; tenantId: TenantId }
  | { outcome: 'reused'; userId: UserId; tenantId: TenantId }
  | { outcome: 'refused' };

/** Who is behind an access token or a socket: alive while user, membership and family are. */
export interface Principal {
  userId: UserId;
  tenantId: TenantId;
  familyId: string;
}

export interface LivePrincipal extends Principal {
  role: MemberRole;
}

export interface ConsumedTicket extends LivePrincipal {
  /** The one session that the ticket is good for; null = any. */
  sessionId: SessionId | null;
}
