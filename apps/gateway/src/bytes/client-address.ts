import type { IncomingMessage } from 'node:http';

/** Whether the sender at this address is one of our own proxies; `hop` counts from 0, the nearest. As Express compiles `trust proxy`. */
export type TrustProxy = (address: string, hop: number) => boolean;

/** Address of the client: the nearest one that is not a proxy of ours, so that nobody chooses his own by sending X-Forwarded-For. */
export function clientAddress({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>, trust: TrustProxy): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const hops = [
    socket.remoteAddress ?? '',
    ...forwarded
      .map((address) => address.trim())
      .filter(Boolean)
      .toReversed(),
  ];
  const client = hops.findIndex((address, hop) => !trust(address, hop));
  return hops.at(client) ?? '';
}
