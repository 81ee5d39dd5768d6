import type { LinkConnection, LinkTls } from '@berth/link';
import { connectLink } from '@berth/link';
import type { SessionPlacement } from '@berth/store';

/** Where a host is to be dialled. */
export type HostAddress = NonNullable<SessionPlacement['host']>;

export interface HostLinksOptions {
  gatewayId: string;
  secret: string;
  tls?: LinkTls;
}

const keyOf = ({ hostId, incarnation, address }: HostAddress): string => `${hostId}/${String(incarnation)}/${address}`;

/** Connections to hosts: one for each incarnation, shared by all its sessions, dialled when it is needed. */
export class HostLinks {
  private readonly links = new Map<string, Promise<LinkConnection>>();
  private readonly connections = new Set<LinkConnection>();
  private closed = false;

  constructor(private readonly options: HostLinksOptions) {}

  /** Rejects with {@link LinkError}; the next call dials again. */
  connect(host: HostAddress): Promise<LinkConnection> {
    const key = keyOf(host);
    const known = this.links.get(key);
    if (known) return known;
    const forget = (): void => {
      if (this.links.get(key) === link) this.links.delete(key);
    };
    const { hostId, incarnation, address } = host;
    let established: LinkConnection | undefined;
    const onClosed = (): void => {
      forget();
      if (established) this.connections.delete(established);
    };
    const link = connectLink({ ...this.options, address: parseAddress(address), hostId, incarnation, onClosed });
    this.links.set(key, link);
    link.then((connection) => {
      if (this.closed) connection.close();
      if (!connection.open) return;
      established = connection;
      this.connections.add(connection);
    }, forget);
    return link;
  }

  get count(): number {
    return this.links.size;
  }

  /** Bytes that wait for the networks to hosts. */
  get buffered(): number {
    let bytes = 0;
    for (const connection of this.connections) bytes += connection.buffered;
    return bytes;
  }

  close(): void {
    this.closed = true;
    for (const link of this.links.values())
      link.then(
        (connection) => connection.close(),
        () => undefined,
      );
    this.links.clear();
  }
}

/** Of `host:port`; an IPv6 host stands in brackets. */
function parseAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(at + 1)) };
}
