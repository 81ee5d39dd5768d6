import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { ModelUsage } from '@berth/protocol';
import type { Broker, BrokerOptions, Upstream } from './broker-options.js';
import { DEFAULT_LIMITS } from './broker-options.js';
import { ForwardedCall } from './forwarded-call.js';
import { upstreamHeaders } from './headers.js';
import type { Endpoint } from './listen.js';
import { listenFor } from './listen.js';
import { modelRoute } from './model-route.js';
import { Placeholder } from './placeholder.js';
import { refuse } from './refusals.js';
import { UpstreamClient } from './upstream-client.js';

/** A fenced run's stream that is silent just then is cut this late at most. */
const FENCE_CHECK_MS = 250;
/** Nested sessions, each with a few connections; more would take the worker's file descriptors from other sessions. */
const MAX_CONNECTIONS = 256;
/** Claude Code keeps connections while a person thinks. */
const KEEP_ALIVE_MS = 75_000;

/** Opens a session's model endpoint; rejects when it can listen nowhere. The caller closes it when the run ends. */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const placeholder = new Placeholder();
  const calls = new CallsUnderWay(() => options.mayAct());
  const client = new UpstreamClient();

  /** Who answers, or undefined after the caller has been told why nobody does. */
  async function chooseUpstream(response: ServerResponse): Promise<Exclude<Upstream, { kind: 'none' }> | undefined> {
    const upstream = await options.upstream().catch(() => undefined);
    if (response.destroyed) return undefined;
    if (!upstream) refuse(response, 'lookup_failed');
    else if (!options.mayAct()) refuse(response, 'run_over');
    else if (upstream.kind === 'none') refuse(response, 'no_upstream');
    else return upstream;
    return undefined;
  }

  function meterUsage(usage: ModelUsage): void {
    try {
      options.meter(usage);
    } catch {
      options.logger?.warn({ model: usage.model }, 'the use of a model call was not recorded');
    }
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const route = modelRoute(method, url);
    if (route?.kind === 'hello') return void response.writeHead(200).end();
    if (!placeholder.isIn(incoming.headers)) return refuse(response, 'wrong_placeholder');
    if (!options.mayAct()) return refuse(response, 'run_over');
    if (!route) return refuse(response, 'unknown_path');
    if (Number(incoming.headers['content-length'] ?? 0) > limits.requestBytes) return refuse(response, 'too_large');
    const upstream = await chooseUpstream(response);
    if (!upstream) return;
    const headers = upstreamHeaders(incoming.headers, upstream.credential);
    // Its body stays here.
    if (method === 'GET') delete headers['content-length'];
    const request = client.open(upstream.baseUrl, { method, target: route.target, headers });
    const meter = route.kind === 'messages' ? meterUsage : undefined;
    calls.add(
      new ForwardedCall({ incoming, response, request }, { limits, mayAct: () => options.mayAct(), meter, logger: options.logger }),
    );
  }

  const server = createServer({ requestTimeout: limits.silenceMs, keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    handle(incoming, response).catch(() => {
      options.logger?.warn({}, 'a model call failed inside the broker');
      if (!response.destroyed) refuse(response, 'unreachable');
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const endpoint = await listenFor(server, options.runDir, options.transport ?? 'unix');

  return {
    environment: environmentFor(endpoint, placeholder),
    socketPath: endpoint.transport === 'unix' ? endpoint.path : undefined,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, calls.ended()]);
      client.close();
    },
  };
}

function environmentFor(endpoint: Endpoint, placeholder: Placeholder): Record<string, string> {
  const token = { ANTHROPIC_AUTH_TOKEN: placeholder.value };
  if (endpoint.transport === 'tcp') return { ANTHROPIC_BASE_URL: `http://127.0.0.1:${String(endpoint.port)}`, ...token };
  // Nobody resolves the name; without one Claude Code does not start.
  return { ANTHROPIC_BASE_URL: 'http://model.session.internal', ANTHROPIC_UNIX_SOCKET: endpoint.path, ...token };
}

/** Calls that have no complete answer yet, and the watch that cuts them once the run is fenced. */
class CallsUnderWay {
  readonly #calls = new Set<ForwardedCall>();
  #watch: NodeJS.Timeout | undefined;

  constructor(private readonly mayAct: () => boolean) {}

  add(call: ForwardedCall): void {
    this.#calls.add(call);
    this.#watch ??= setInterval(() => this.#check(), FENCE_CHECK_MS);
    void call.ended.finally(() => this.#remove(call));
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#calls].map((call) => call.ended));
  }

  #check(): void {
    if (this.mayAct()) return;
    for (const call of this.#calls) call.stop('run_over');
  }

  #remove(call: ForwardedCall): void {
    this.#calls.delete(call);
    if (this.#calls.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}
