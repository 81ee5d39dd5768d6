import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BYTES_SUBPROTOCOL, CONTROL_PATH } from '@berth/protocol';
import type { Finding } from './check.js';
import { failed, ok } from './check.js';

const ANSWER_MS = 10_000;
/** What a server adds to the key before it hashes it (RFC 6455). */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A session that is nobody's: the socket opens, and is then closed because of it. */
const NO_SESSION = `ses_${'0'.repeat(32)}`;

interface Upgraded {
  status: number;
  headers: IncomingMessage['headers'];
  /** The answer proves that the request came through as it was sent. */
  genuine: boolean;
}

/** Tries a WebSocket by hand: a refusal's status says who refused. Rejects when nobody answers. */
function upgrade(server: string, path: string, headers: OutgoingHttpHeaders): Promise<Upgraded> {
  const key = randomBytes(16).toString('base64');
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  const request = (server.startsWith('https:') ? httpsRequest : httpRequest)(new URL(path, server), {
    headers: { ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key },
    timeout: ANSWER_MS,
    agent: false,
  });
  return new Promise((resolve, reject) => {
    const settle = ({ statusCode = 0, headers }: IncomingMessage): void => {
      resolve({ status: statusCode, headers, genuine: headers['sec-websocket-accept'] === accept });
      request.destroy();
    };
    request.on('upgrade', (response, socket) => {
      settle(response);
      socket.destroy();
    });
    request.on('response', settle);
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end();
  });
}

async function checkUpgrade(name: string, what: string, tryIt: () => Promise<Upgraded>): Promise<Finding> {
  const advice = `The proxy in front has to pass WebSockets on (Upgrade and Connection headers) for ${what}`;
  try {
    const { status, genuine } = await tryIt();
    if (status === 101 && genuine) return ok(name, 'opens');
    if (status === 101) return failed(name, 'opens, but what answers is not the gateway', advice);
    return failed(
      name,
      `is refused with ${String(status)}`,
      status === 429 || status === 503 ? 'The gateway is overloaded: try again in a moment' : advice,
    );
  } catch (error) {
    return failed(name, `gets no answer (${error instanceof Error ? error.message : String(error)})`, advice);
  }
}

/** Whether the sockets of terminals get through. */
export const checkByteSocket = (server: string, accessToken: string): Promise<Finding> =>
  checkUpgrade('byte socket', '/v1/sessions/*/bytes', () =>
    upgrade(server, `/v1/sessions/${NO_SESSION}/bytes`, {
      authorization: `Bearer ${accessToken}`,
      'sec-websocket-protocol': BYTES_SUBPROTOCOL,
    }),
  );

/** Whether the sockets of the dashboard get through. */
export const checkControlSocket = (server: string): Promise<Finding> =>
  checkUpgrade('control socket', `${CONTROL_PATH}/`, () => upgrade(server, `${CONTROL_PATH}/?EIO=4&transport=websocket`, {}));
