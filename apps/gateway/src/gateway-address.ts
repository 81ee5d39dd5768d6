/** Wildcards to listen on, and the address of this machine that they include. */
const REACHED_AT: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** Origin under which this machine's browser reaches a gateway that listens there. */
export function listeningOrigin({ host, port }: { host: string; port: number }): string {
  const name = REACHED_AT[host] ?? (host.includes(':') ? `[${host}]` : host);
  return new URL(`http://${name}:${String(port)}`).origin;
}
