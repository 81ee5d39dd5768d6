import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { Broker } from '../index.js';

export interface Call {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | Readable;
  /** In place of the broker's own. */
  token?: string;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Whether it came to its proper end. */
  complete: boolean;
}

export const tokenOf = ({ environment }: Broker): string => environment['ANTHROPIC_AUTH_TOKEN'] ?? '';

/** Where to connect to. */
function addressOf({ socketPath, environment }: Broker): { path: string } | { host: string; port: number } {
  if (socketPath !== undefined) return { path: socketPath };
  const { hostname, port } = new URL(environment['ANTHROPIC_BASE_URL'] ?? '');
  return { host: hostname, port: Number(port) };
}

/** Sends a request and answers its response as soon as it begins. */
export function open(
  broker: Broker,
  { method = 'POST', path = '/v1/messages', headers, body = '', token, signal }: Call = {},
): Promise<IncomingMessage> {
  const address = addressOf(broker);
  const where: RequestOptions = 'path' in address ? { socketPath: address.path } : address;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...where,
      agent: false,
      method,
      path,
      headers: { authorization: `Bearer ${token ?? tokenOf(broker)}`, ...headers },
      ...(signal ? { signal } : {}),
    });
    outgoing.once('response', resolve).on('error', reject);
    if (body instanceof Readable) body.pipe(outgoing);
    else outgoing.end(body);
  });
}

/** Sends a request and reads the whole answer, also one that breaks off. */
export async function call(broker: Broker, options: Call = {}): Promise<Answer> {
  const response = await open(broker, options);
  const { text, complete } = await readAll(response);
  return { status: response.statusCode ?? 0, headers: response.headers, text, complete };
}

export async function readAll(response: IncomingMessage): Promise<{ text: string; complete: boolean }> {
  let text = '';
  response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await new Promise<void>((resolve) => {
    response.on('error', () => undefined);
    response.once('close', resolve);
  });
  return { text, complete: response.complete };
}

/** Writes bytes that no HTTP client would and answers all that comes back until the connection ends. */
export function raw(broker: Broker, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(addressOf(broker));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(text));
    socket.write(bytes);
  });
}

/** A request to the Messages API with one user text. */
export const ask = (text: string, stream = true): Pick<Call, 'headers' | 'body'> => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'claude-test', stream, messages: [{ role: 'user', content: text }] }),
});
