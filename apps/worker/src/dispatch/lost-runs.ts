import type { Bus } from '@berth/bus';
import type { RedisOutputLog } from '@berth/log';
import { redisChannels } from '@berth/protocol';
import type { Leases, LostRun, RunIdentity } from '@berth/store/leases';

export interface LostRunTools {
  bus: Pick<Bus, 'ring'>;
  log: Pick<RedisOutputLog, 'seal'>;
  leases: Pick<Leases, 'setRunEnd'>;
}

/** Tells everybody who watches the session or its tenant's list to read again. */
export function ringRun(bus: Pick<Bus, 'ring'>, { tenantId, sessionId }: RunIdentity): void {
  void bus.ring(redisChannels.session(tenantId, sessionId), { sessionId });
  void bus.ring(redisChannels.tenant(tenantId), { sessionId });
}

/**
 * What follows when runs were closed without their host: viewers are told at once, then each log is sealed against its old owner and its end
 * recorded. Any process may do it, several may do it twice. Returns how many could not be sealed; those stay listed as unsealed.
 */
export async function settleLostRuns(lost: LostRun[], { bus, log, leases }: LostRunTools): Promise<number> {
  for (const run of lost) ringRun(bus, run);
  const sealed = await Promise.allSettled(
    lost.map(async (run) => {
      await leases.setRunEnd(run, await log.seal(run, run));
      ringRun(bus, run);
    }),
  );
  return sealed.filter(({ status }) => status === 'rejected').length;
}
