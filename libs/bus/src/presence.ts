import type { SessionId, TenantId } from '@berth/protocol';
import { Viewer, redisKeys } from '@berth/protocol';
import type { Redis } from 'ioredis';
import { UPDATE_VIEWERS } from './presence-script.js';

/** Whoever is there says so this often. */
export const PRESENCE_REFRESH_MS = 3_000;
/**
 * Whoever has not said so for this long is gone: one refresh may be lost, and the viewers of a gateway that was killed are gone within 10 s
 * for those who look again every 2 s. `> 2 * PRESENCE_REFRESH_MS`.
 */
export const PRESENCE_LIFETIME_MS = 7_000;

/** A session, with its tenant first. */
export interface SessionKey {
  tenantId: TenantId;
  sessionId: SessionId;
}

/** Who is attached to sessions, as all gateways know it. Rejects while Redis is away. */
export class Presence {
  constructor(private readonly redis: Redis) {}

  /** Says who is there for the next {@link PRESENCE_LIFETIME_MS}, and who has left. True when that is news. A viewer is one entry, however often it is put. */
  async update(
    { tenantId, sessionId }: SessionKey,
    { here = [], gone = [] }: { here?: readonly Viewer[]; gone?: readonly string[] },
  ): Promise<boolean> {
    const puts = here.flatMap((viewer) => [viewer.id, JSON.stringify(viewer)]);
    const key = redisKeys.viewers(tenantId, sessionId);
    return (await this.redis.eval(UPDATE_VIEWERS, 1, key, PRESENCE_LIFETIME_MS, here.length, ...puts, ...gone)) === 1;
  }

  /** Everybody who is there now, in the order in which they came. */
  async read({ tenantId, sessionId }: SessionKey): Promise<Viewer[]> {
    const [[seconds, micros], entries] = await Promise.all([this.redis.time(), this.redis.hgetall(redisKeys.viewers(tenantId, sessionId))]);
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    const viewers = Object.values(entries).flatMap((entry) => {
      const space = entry.indexOf(' ');
      return Number(entry.slice(0, space)) > now ? parseViewer(entry.slice(space + 1)) : [];
    });
    return viewers.sort((a, b) => (a.since === b.since ? compare(a.id, b.id) : compare(a.since, b.since)));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : 1);

/** Another version's entry may be one that we cannot show. */
function parseViewer(json: string): Viewer[] {
  try {
    return [Viewer.parse(JSON.parse(json))];
  } catch {
    return [];
  }
}
