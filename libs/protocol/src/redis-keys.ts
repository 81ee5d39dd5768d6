import type { HostId, SessionId, TenantId } from './ids.js';

/**
 * Every Redis key and channel, in one place.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `log:{<tenant>:<session>}:<epoch>` | stream | output of one run, entry id = `<end offset>-0` |
 * | `viewers:{<tenant>:<session>}` | hash | who is attached: viewer id → `<end of its life> <viewer>` |
 * | `rl:<name>:<subject>` | string | rate-limit bucket |
 * | `notices` | stream | notices on their way from one gateway to the others, of all tenants; also a prefix of pub/sub channels |
 *
 * | channel | rings when |
 * |---|---|
 * | `bell:session:<tenant>:<session>` | the session's row or run changed |
 * | `bell:viewers:<tenant>:<session>` | somebody has attached to the session or left it |
 * | `bell:tenant:<tenant>` | the tenant's list of sessions changed |
 * | `bell:host:<host>` | the host has a command waiting in Postgres |
 * | `bell:queue` | a session waits to be claimed |
 * | `bell:principals` | a member, role or sign-in was revoked |
 * | `bell:model:<tenant>` | the tenant's model settings changed |
 *
 * The braces are a Redis Cluster hash tag: the keys of one session live on one node. Ids hold no colon, so parts cannot collide.
 */
export const redisKeys = {
  log: (tenant: TenantId, session: SessionId, epoch: number) => `log:{${tenant}:${session}}:${epoch}`,
  viewers: (tenant: TenantId, session: SessionId) => `viewers:{${tenant}:${session}}`,
  notices: () => 'notices',
  rateLimitPrefix: (name: string) => `rl:${name}`,
} as const;

export const redisChannels = {
  session: (tenant: TenantId, session: SessionId) => `bell:session:${tenant}:${session}`,
  viewers: (tenant: TenantId, session: SessionId) => `bell:viewers:${tenant}:${session}`,
  tenant: (tenant: TenantId) => `bell:tenant:${tenant}`,
  host: (host: HostId) => `bell:host:${host}`,
  queue: () => 'bell:queue',
  principals: () => 'bell:principals',
  model: (tenant: TenantId) => `bell:model:${tenant}`,
} as const;
