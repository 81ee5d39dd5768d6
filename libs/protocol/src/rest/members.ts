import { z } from 'zod';
import { UserId } from '../ids.js';
import { MemberRole, User } from './auth.js';
import { Timestamp, page, plainText } from './common.js';

/** A person in a tenant. */
export const Member = z
  .object({ user: User, role: MemberRole, createdAt: Timestamp, revokedAt: Timestamp.nullable() })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

/** All members of a tenant: few enough for one page, so `nextCursor` is null. */
export const Members = page(Member);

/** A one-time sign-in link; its secret stands in the fragment, which no server ever sees. */
export const LoginLink = z.object({ url: z.url(), expiresAt: Timestamp }).meta({ id: 'LoginLink' });
export type LoginLink = z.infer<typeof LoginLink>;

export const MemberInput = z
  .strictObject({ email: z.email().max(254), name: plainText(100).optional(), role: MemberRole.default('member') })
  .meta({ id: 'MemberInput' });
export type MemberInput = z.infer<typeof MemberInput>;

/** A new member and the link to hand over; the link signs in to this tenant alone. */
export const InvitedMember = z.object({ member: Member, link: LoginLink }).meta({ id: 'InvitedMember' });
export type InvitedMember = z.infer<typeof InvitedMember>;

export const MemberPatch = z.strictObject({ role: MemberRole }).meta({ id: 'MemberPatch' });
export type MemberPatch = z.infer<typeof MemberPatch>;

export const MemberParams = z.object({ userId: UserId });

export const MePatch = z.strictObject({ name: plainText(100) }).meta({ id: 'MePatch' });
export type MePatch = z.infer<typeof MePatch>;

/** `currentPassword` is asked for when the account has one and this sign-in did not come from a link. */
export const PasswordInput = z
  .strictObject({ password: z.string().min(8).max(1024), currentPassword: z.string().min(1).max(1024).optional() })
  .meta({ id: 'PasswordInput' });
export type PasswordInput = z.infer<typeof PasswordInput>;
