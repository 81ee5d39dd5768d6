import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { UpstreamCredential } from './broker-options.js';

/** Meant for the next hop alone (RFC 9110, 7.6.1), or written anew for it. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect', 'host'];
/** Who asks is the broker's to say. */
const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'cookie', 'cookie2', 'set-cookie', 'set-cookie2', 'www-authenticate'];
/** Would lead a client elsewhere, or tell it where the upstream is. */
const ADDRESSES = ['location', 'content-location', 'refresh', 'alt-svc', 'via', 'forwarded', 'x-real-ip'];
/** Proxies' own; and what some servers take for the request's true method or path, past the check of the path. */
const BY_PREFIX = /^(?:proxy-|x-forwarded-|x-original-|x-rewrite-|x-http-method|x-method-override|sec-websocket-)/;

const REMOVED = new Set([...HOP_BY_HOP, ...CREDENTIALS, ...ADDRESSES]);

/** Headers for the session: what passes from one side to the other. */
export function sessionHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const nominated = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const passes = (name: string): boolean => !REMOVED.has(name) && !BY_PREFIX.test(name) && !nominated.has(name);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => passes(name)));
}

/** Headers for the upstream: the session's, without its credentials, with the tenant's. */
export function upstreamHeaders(headers: IncomingHttpHeaders, credential: UpstreamCredential | undefined): OutgoingHttpHeaders {
  const result = sessionHeaders(headers);
  // The meter reads along.
  result['accept-encoding'] = 'identity';
  if (credential?.scheme === 'x-api-key') result['x-api-key'] = credential.secret;
  if (credential?.scheme === 'bearer') result['authorization'] = `Bearer ${credential.secret}`;
  return result;
}
