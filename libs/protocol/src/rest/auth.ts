import { z } from 'zod';
import { SessionId, TenantId, UserId } from '../ids.js';

/** Roles of a member, most powerful first. A viewer watches and never types. */
export const MEMBER_ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export const MemberRole = z.enum(MEMBER_ROLES);
export type MemberRole = z.infer<typeof MemberRole>;

export const LoginInput = z.strictObject({ email: z.email().max(254), password: z.string().min(1).max(1024) }).meta({ id: 'LoginInput' });
export type LoginInput = z.infer<typeof LoginInput>;

export const LinkLoginInput = z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{16,128}$/) }).meta({ id: 'LinkLoginInput' });
export type LinkLoginInput = z.infer<typeof LinkLoginInput>;

export const RefreshInput = z.strictObject({ tenantId: TenantId.optional() }).meta({ id: 'RefreshInput' });
export type RefreshInput = z.infer<typeof RefreshInput>;

export const User = z.object({ id: UserId, email: z.string(), name: z.string() }).meta({ id: 'User' });
export type User = z.infer<typeof User>;

export const TenantMembership = z.object({ id: TenantId, name: z.string(), role: MemberRole }).meta({ id: 'TenantMembership' });
export type TenantMembership = z.infer<typeof TenantMembership>;

/** A signed-in state: the access token carries one tenant; the refresh token travels in a cookie only. */
export const SignedIn = z
  .object({ accessToken: z.string(), expiresIn: z.int(), user: User, tenantId: TenantId, tenants: z.array(TenantMembership) })
  .meta({ id: 'SignedIn' });
export type SignedIn = z.infer<typeof SignedIn>;

/** `hasPassword`: whether e-mail address and password sign this account in. */
export const Me = z
  .object({ user: User, tenantId: TenantId, role: MemberRole, tenants: z.array(TenantMembership), hasPassword: z.boolean() })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

export const SocketTicketInput = z.strictObject({ sessionId: SessionId.optional() }).meta({ id: 'SocketTicketInput' });
export type SocketTicketInput = z.infer<typeof SocketTicketInput>;

/** One use, within `expiresIn` seconds, by the principal that asked for it. */
export const SocketTicket = z.object({ ticket: z.string(), expiresIn: z.int() }).meta({ id: 'SocketTicket' });
export type SocketTicket = z.infer<typeof SocketTicket>;
