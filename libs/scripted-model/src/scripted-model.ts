import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendMessage, streamMessage } from './answer.js';
import { sendError } from './api-error.js';
import { MessagesRequest } from './messages-request.js';
import { replyTo } from './script.js';
import { inputTokens } from './usage.js';

/** One request as it arrived. */
export interface ReceivedRequest {
  method: string;
  /** With its query. */
  path: string;
  /** Names in lower case; `x-claude-code-session-id` says which session of Claude Code asks. */
  headers: Readonly<Record<string, string>>;
  /** The parsed JSON, undefined where there was none. */
  body: unknown;
}

export interface ScriptedModelOptions {
  /** 0 = any. */
  port?: number;
  /** How many of the newest requests `requests` keeps; 100 unless told. 0 where conversations are nobody else's business. */
  keep?: number;
  /** Called with each request once it is complete, before it is answered. */
  onRequest?: (request: ReceivedRequest) => void;
}

export interface ScriptedModel {
  /** `http://127.0.0.1:<port>`, to be used as a base URL. */
  readonly url: string;
  /** Newest last. */
  readonly requests: readonly ReceivedRequest[];
  /** Ends every answer under way and stops listening. */
  close(): Promise<void>;
}

/** Far more than a long conversation, and read within milliseconds: it is parsed on the main loop of a worker. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Starts a Messages API on loopback that answers by rules, see the README; rejects when the port is taken. */
export async function startScriptedModel({ port = 0, keep = 100, onRequest }: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const requests: ReceivedRequest[] = [];
  const record = (request: ReceivedRequest): void => {
    requests.push(request);
    if (requests.length > keep) requests.shift();
    onRequest?.(request);
  };
  const server = createServer((incoming, response) => {
    // A client that goes away is no error.
    handle(incoming, response, record).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(incoming: IncomingMessage, response: ServerResponse, record: (request: ReceivedRequest) => void): Promise<void> {
  const text = await readBody(incoming);
  if (text === undefined)
    return sendError(response, 413, 'The request is larger than 4 MiB, which is as much as the scripted model reads.');
  const body = parse(text);
  const { method = 'GET', url: path = '/' } = incoming;
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  record({ method, path, headers, body });
  await answer(`${method} ${path.replace(/\?.*/s, '')}`, body, response);
}

async function answer(route: string, body: unknown, response: ServerResponse): Promise<void> {
  if (route === 'HEAD /api/hello' || route === 'GET /api/hello') return void response.writeHead(200).end();
  if (route !== 'POST /v1/messages' && route !== 'POST /v1/messages/count_tokens') {
    return sendError(response, 404, 'The scripted model has POST /v1/messages and POST /v1/messages/count_tokens.');
  }
  const request = MessagesRequest.safeParse(body);
  if (!request.success) return sendError(response, 400, 'The body is no request of the Messages API.');
  if (route.endsWith('/count_tokens')) {
    const count = JSON.stringify({ input_tokens: inputTokens(request.data) });
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(count);
  }
  const reply = replyTo(request.data);
  if (reply.kind === 'failure')
    return sendError(response, reply.status, `The scripted model fails with ${String(reply.status)}, as asked.`);
  if (!request.data.stream) return sendMessage(response, request.data, reply);
  await streamMessage(response, request.data, reply);
}

/** The whole body as text, or undefined when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Ending the loop early must not end the connection: the answer is still to go out.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
