import type { HostId, SessionId, TenantId } from './ids.js';

/**
 * Every Redis key and channel, in one place.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `log:{<tenant>:<session>}:<epoch>` | stream | output of one run, entry id = `<end offset>-0` |
 * | `rl:<name>:<subject>` | string | rate-limit bucket |
 *
 * | channel | rings when |
 * |---|---|
 * | `bell:session:<tenant>:<session>` | the session's row or run changed |
 * | `bell:tenant:<tenant>` | the tenant's list of sessions changed |
 * | `bell:host:<host>` | the host has a command waiting in Postgres |
 * | `bell:queue` | a session waits to be claimed |
 * | `bell:principals` | a member, role or sign-in was revoked |
 *
 * The braces are a Redis Cluster hash tag: the keys of one session live on one node. Ids hold no colon, so parts cannot collide.
 */
export const redisKeys = {
  log: (tenant: TenantId, session: SessionId, epoch: number) => `log:{${tenant}:${session}}:${epoch}`,
  rateLimitPrefix: (name: string) => `rl:${name}`,
} as const;

export const redisChannels = {
  session: (tenant: TenantId, session: SessionId) => `bell:session:${tenant}:${session}`,
  tenant: (tenant: TenantId) => `bell:tenant:${tenant}`,
  host: (host: HostId) => `bell:host:${host}`,
  queue: () => 'bell:queue',
  principals: () => 'bell:principals',
} as const;
