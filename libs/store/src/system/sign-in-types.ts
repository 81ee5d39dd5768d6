import type { MemberRole, SessionId, TenantId, UserId } from '@berth/protocol';

export interface Account {
  id: UserId;
  email: string;
  name: string;
  /** Null: this user signs in by link only. */
  passwordHash: string | null;
  /** The one tenant that the password opens; null = all of the user's. */
  passwordTenantId: TenantId | null;
}

/** What a sign-in may do, by where it came from. It never grows, and what is made with it can do no more. */
export interface Trust {
  /** It stays in its tenant, because an admin of that tenant may have used the link as well as the person it was made for. */
  confined: boolean;
  /** It came from a link that an admin or the installation made: it may choose a password without knowing the present one, once. */
  recovery: boolean;
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
  trust: Trust;
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
 * `rotated`: `next` is now the good token. `concurrent`: the token before was presented within the grace, as two tabs do, or
 * one whose answer was lost; it is answered as the first time. `reused`: an older token came back, so the family has been revoked.
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

/** What a link was made for. */
export interface ConsumedLink {
  userId: UserId;
  /** The one tenant that it opens; null = all of the user's. */
  tenantId: TenantId | null;
  /** Null: whoever runs the installation. */
  createdBy: UserId | null;
}

/** `signed_out`: it is the user's own tenant, but the sign-in is older than the last time that everybody had to sign in to it again. */
export type SwitchResult = 'switched' | 'not_found' | 'signed_out';
