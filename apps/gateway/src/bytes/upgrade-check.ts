import type { IncomingMessage } from 'node:http';
import { BYTES_SUBPROTOCOL, TICKET_SUBPROTOCOL_PREFIX } from '@berth/protocol';

/** What an upgrade request for a byte socket asks for. `sessionId` is as it was sent. */
export interface ByteUpgrade {
  sessionId: string;
  /** The client speaks our subprotocol. */
  speaks: boolean;
  ticket: string | undefined;
  bearer: boolean;
  /** A secret stands in the address, where logs and histories keep it. */
  secretInUrl: boolean;
}

const PATH = /^\/v1\/sessions\/([^/]+)\/bytes$/;
const SECRET_NAME = /token|ticket|key|auth|jwt|bearer|secret|password/i;
const TOKEN_VALUE = /^(ey[\w-]+\.[\w-]+\.|bk[a-z]_|[\w-]{32,}$)/;

/** Reads an upgrade request; undefined: it is not for the byte socket. */
export function readUpgrade({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): ByteUpgrade | undefined {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const sessionId = PATH.exec(path)?.[1];
  if (sessionId === undefined) return undefined;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return {
    sessionId,
    speaks: offered.includes(BYTES_SUBPROTOCOL),
    ticket: offered.find((name) => name.startsWith(TICKET_SUBPROTOCOL_PREFIX))?.slice(TICKET_SUBPROTOCOL_PREFIX.length),
    bearer: headers.authorization !== undefined,
    secretInUrl: hasSecret(query),
  };
}

/** Whether a query looks as if it held a secret: logs and histories keep addresses. */
export const hasSecret = (query: string): boolean =>
  [...new URLSearchParams(query)].some(([name, value]) => SECRET_NAME.test(name) || TOKEN_VALUE.test(value));
