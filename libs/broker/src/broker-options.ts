import type { ModelUsage } from '@berth/protocol';

/** How an upstream wants to be told who asks. */
export interface UpstreamCredential {
  scheme: 'x-api-key' | 'bearer';
  secret: string;
}

/** Who answers a session's model calls. `baseUrl`: http or https, may carry a path, no credentials; `none`: nobody has been chosen yet. */
export type Upstream =
  { kind: 'anthropic' | 'compatible' | 'scripted'; baseUrl: string; credential?: UpstreamCredential } | { kind: 'none' };

export interface BrokerLimits {
  /** Until a connection to the upstream stands, TLS included. */
  connectMs: number;
  /** Without a byte either way on the connection to the upstream. */
  silenceMs: number;
  /** Of one request's body. */
  requestBytes: number;
}

export const DEFAULT_LIMITS: BrokerLimits = {
  /** Two lost SYNs are retransmitted within it. */
  connectMs: 10_000,
  /** As long as Claude Code itself waits for an answer; a stream carries a ping every few seconds. */
  silenceMs: 600_000,
  /** What the Messages API takes. */
  requestBytes: 32 * 1024 * 1024,
};

/** Where the broker says what went wrong; fields never hold a secret, an address or a conversation. */
export interface BrokerLog {
  warn(fields: Record<string, string | number>, message: string): void;
}

export interface BrokerOptions {
  /** Where the unix socket goes, `<runDir>/api.sock`; the folder exists, mode 0700. */
  runDir: string;
  /** `tcp` on loopback, too, when a unix socket cannot be had in `runDir`. */
  transport?: 'unix' | 'tcp';
  /** Asked for each request: the answer may change at any time. When it rejects the caller is told to come back. */
  upstream(): Promise<Upstream>;
  /** False once the run is fenced or over: requests are answered 401, streams are cut. */
  mayAct(): boolean;
  /** Called once for each answered model call, also for one that broke off. */
  meter(usage: ModelUsage): void;
  limits?: Partial<BrokerLimits>;
  logger?: BrokerLog;
}

export interface Broker {
  /** What Claude Code needs to find the broker, and nothing that is worth stealing outside of the session. */
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined on TCP. */
  readonly socketPath: string | undefined;
  /** Cuts every call, after which all of them have been metered, and stops listening. */
  close(): Promise<void>;
}
