import { z } from 'zod';

/** Prefix of each public id; the rest is the 32 hexadecimal digits of a uuid: v7, but v4 for users, whose ids must not tell when they came. */
export const ID_PREFIXES = {
  tenant: 'ten',
  user: 'usr',
  session: 'ses',
  host: 'hst',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const idSchema = <K extends IdKind>(kind: K) =>
  z
    .string()
    .regex(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`))
    .brand<K>();

export const TenantId = idSchema('tenant');
export type TenantId = z.infer<typeof TenantId>;
export const UserId = idSchema('user');
export type UserId = z.infer<typeof UserId>;
export const SessionId = idSchema('session');
export type SessionId = z.infer<typeof SessionId>;
export const HostId = idSchema('host');
export type HostId = z.infer<typeof HostId>;

interface IdTypes {
  tenant: TenantId;
  user: UserId;
  session: SessionId;
  host: HostId;
}

/** Public id for a stored uuid (with or without dashes). */
export function idFromUuid<K extends IdKind>(kind: K, uuid: string): IdTypes[K] {
  return `${ID_PREFIXES[kind]}_${uuid.replaceAll('-', '').toLowerCase()}` as IdTypes[K];
}

/** Dashed uuid of a public id that has already been parsed by its schema. */
export function uuidFromId(id: TenantId | UserId | SessionId | HostId): string {
  const hex = id.slice(id.indexOf('_') + 1);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A viewer's own name for one of its tabs or terminals: chosen by the client, scoped to its signed-in principal. */
export const ClientId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
