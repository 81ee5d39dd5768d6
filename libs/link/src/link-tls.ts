import type { ConnectionOptions, TlsOptions } from 'node:tls';

/** Certificate, key and authority for mutual TLS, as PEM. */
export interface LinkTls {
  cert: Buffer;
  key: Buffer;
  ca: Buffer;
}

/** Somebody who connects and says nothing is let go. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Whether an address cannot be reached from another machine. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** How a host listens: nobody without a certificate of our authority gets as far as a frame. */
export const hostTls = ({ cert, key, ca }: LinkTls): TlsOptions => ({
  cert,
  key,
  ca,
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
});

/**
 * How a gateway dials. Hosts are found by addresses that change, so certificates carry no names: the authority signs nothing but links, and
 * which host it is, is proved under the installation's secret.
 */
export const gatewayTls = ({ cert, key, ca }: LinkTls): ConnectionOptions => ({
  cert,
  key,
  ca,
  minVersion: 'TLSv1.3',
  checkServerIdentity: () => undefined,
});
