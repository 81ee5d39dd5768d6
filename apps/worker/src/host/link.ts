import { readFileSync } from 'node:fs';
import { LinkServer } from '@berth/link';
import type { HostIdentity, Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { WorkerEnv } from '../env.js';
import type { Host } from './host.js';

export interface ListenOptions {
  env: WorkerEnv;
  host: Host;
  identity: HostIdentity;
  leases: Pick<Leases, 'announceHost'>;
  logger: Logger;
}

/** Serves the host's sessions to gateways, and tells where; the address is stored last, when it answers. */
export async function listen({ env, host, identity, leases, logger }: ListenOptions): Promise<LinkServer> {
  const { listen: address, advertise, tlsFiles } = env.link;
  const link = await LinkServer.listen({
    secret: env.secret,
    hostId: identity.hostId,
    incarnation: identity.incarnation,
    listen: address,
    ...(tlsFiles ? { tls: { cert: readFileSync(tlsFiles.cert), key: readFileSync(tlsFiles.key), ca: readFileSync(tlsFiles.ca) } } : {}),
    find: (tenantId, sessionId, epoch) => host.find(tenantId, sessionId, epoch),
    onDisconnect: (reason) => logger.debug({ reason }, 'a gateway disconnected'),
  });
  const shown = address.host.includes(':') ? `[${address.host}]` : address.host;
  await leases.announceHost(identity, { address: advertise ?? `${shown}:${String(link.port)}` });
  return link;
}
