import { SessionId, TenantId } from './ids.js';
import type { HostId } from './ids.js';

/**
 * Every Redis key and channel, in one place.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `log:{<tenant>:<session>}:<epoch>` | stream | output of one run, entry id = `<end offset>-0` |
 * | `screen:{<tenant>:<session>}:<epoch>` | hash | newest checkpoint of a run's screen; lives as long as that run's log |
 * | `log-budget:{<tenant>:<session>}:<epoch>` | string | bytes of memory that the log of a live run may take, as its host said |
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
  screen: (tenant: TenantId, session: SessionId, epoch: number) => `screen:{${tenant}:${session}}:${epoch}`,
  logBudget: (tenant: TenantId, session: SessionId, epoch: number) => `log-budget:{${tenant}:${session}}:${epoch}`,
  viewers: (tenant: TenantId, session: SessionId) => `viewers:{${tenant}:${session}}`,
  notices: () => 'notices',
  rateLimitPrefix: (name: string) => `rl:${name}`,
} as const;

/** Pattern that finds the log of every run. */
export const EVERY_LOG = 'log:{*';

/** The run whose log has this key; undefined for a key of another kind. */
export function runOfLogKey(key: string): { tenantId: TenantId; sessionId: SessionId; epoch: number } | undefined {
  const [, tenant, session, epoch] = /^log:\{([^:]+):([^:]+)\}:(\d+)$/.exec(key) ?? [];
  const tenantId = TenantId.safeParse(tenant);
  const sessionId = SessionId.safeParse(session);
  return tenantId.success && sessionId.success ? { tenantId: tenantId.data, sessionId: sessionId.data, epoch: Number(epoch) } : undefined;
}

export const redisChannels = {
  session: (tenant: TenantId, session: SessionId) => `bell:session:${tenant}:${session}`,
  viewers: (tenant: TenantId, session: SessionId) => `bell:viewers:${tenant}:${session}`,
  tenant: (tenant: TenantId) => `bell:tenant:${tenant}`,
  host: (host: HostId) => `bell:host:${host}`,
  queue: () => 'bell:queue',
  principals: () => 'bell:principals',
  model: (tenant: TenantId) => `bell:model:${tenant}`,
} as const;
