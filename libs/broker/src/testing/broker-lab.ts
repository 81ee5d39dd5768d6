import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelUsage } from '@berth/protocol';
import type { ScriptedModel } from '@berth/scripted-model';
import { startScriptedModel } from '@berth/scripted-model';
import { tempDir } from '@berth/testing';
import type { Broker, BrokerOptions, Upstream } from '../index.js';
import { openBroker } from '../index.js';

/** What no session may ever see. */
export const CANARY = 'sk-canary-of-the-tenant-4711';

export interface BrokerUnderTest {
  broker: Broker;
  /** What was metered, in order. */
  metered: ModelUsage[];
  logged: unknown[];
  /** Ends the run, as a lost lease does. */
  fence(): void;
  /** Chooses another upstream at run time. */
  use(upstream: Upstream): void;
}

/** Opens brokers and upstreams of a test and closes them all. */
export class BrokerLab {
  readonly #closers: (() => Promise<unknown>)[] = [];

  async broker(upstream: Upstream, options: Partial<BrokerOptions> = {}): Promise<BrokerUnderTest> {
    const { path: runDir, remove } = await tempDir();
    this.#closers.unshift(remove);
    let current = upstream;
    let acts = true;
    const metered: ModelUsage[] = [];
    const logged: unknown[] = [];
    const broker = await openBroker({
      runDir,
      upstream: async () => current,
      mayAct: () => acts,
      meter: (usage) => metered.push(usage),
      logger: { warn: (...entry) => logged.push(entry) },
      ...options,
    });
    this.#closers.unshift(() => broker.close());
    return { broker, metered, logged, fence: () => (acts = false), use: (next) => (current = next) };
  }

  async model(): Promise<ScriptedModel> {
    const model = await startScriptedModel();
    this.#closers.push(() => model.close());
    return model;
  }

  /** An upstream that misbehaves as told; answers its base URL. */
  async upstream(handle: (incoming: IncomingMessage, response: ServerResponse) => void, server: Server = createServer()): Promise<string> {
    server.on('request', handle);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    this.#closers.push(() => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** Brokers first, so that upstreams have no connections left. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** The tenant's own upstream, with the canary as its API key. */
export const anthropic = (baseUrl: string): Upstream => ({
  kind: 'anthropic',
  baseUrl,
  credential: { scheme: 'x-api-key', secret: CANARY },
});
