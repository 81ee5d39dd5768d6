import type { Problem, SessionView, SignedIn } from '@berth/protocol';
import type { Answer, ContractCheck } from './contract-check.js';
import { eventually } from './eventually.js';

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Instead of the signed-in user's token; null = none. */
  token?: string | null;
}

async function bodyOf(response: Response): Promise<unknown> {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length === 0) return undefined;
  return (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(bytes.toString()) : bytes;
}

/** A REST client of one user, of its own making; every answer is held against the gateway's own description. */
export class Api {
  constructor(
    /** Address of the gateway to ask, for each call anew. */
    readonly address: () => string,
    private readonly contract: ContractCheck,
    readonly signedIn: SignedIn,
  ) {}

  get token(): string {
    return this.signedIn.accessToken;
  }

  async call(method: string, path: string, { body, headers, token = this.token }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.address()}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const answer: Answer = { status: response.status, headers: response.headers, body: await bodyOf(response) };
    this.contract.check(method, path, answer);
    return answer;
  }

  /** The body of a call that has to succeed. */
  async get<T>(path: string): Promise<T> {
    return this.expect<T>('GET', path);
  }

  async expect<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** The problem of a call that has to fail. */
  async problem(method: string, path: string, options: CallOptions = {}): Promise<Problem> {
    const { status, body } = await this.call(method, path, options);
    if (status < 400) throw new Error(`${method} ${path} succeeded with ${status}`);
    return body as Problem;
  }

  /** A new terminal session, as soon as it has been accepted. */
  createSession(
    command: readonly string[],
    options: { cols?: number; rows?: number; title?: string; workspace?: { path: string } } = {},
  ): Promise<SessionView> {
    return this.expect('POST', '/v1/sessions', { kind: 'terminal', command, ...options });
  }

  session(id: string): Promise<SessionView> {
    return this.get(`/v1/sessions/${id}`);
  }

  /** Asks until the session is as wanted. */
  async sessionWhen(id: string, what: string, wanted: (session: SessionView) => boolean, within = 15_000): Promise<SessionView> {
    let last: SessionView | undefined;
    return eventually(
      async () => {
        last = await this.session(id);
        return wanted(last) && last;
      },
      { within, every: 50, what: `session ${id} is ${what}` },
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; last seen: ${JSON.stringify(last)}`);
    });
  }

  /** A new session whose program runs. */
  async runningSession(
    command: readonly string[],
    options: { cols?: number; rows?: number; workspace?: { path: string } } = {},
  ): Promise<SessionView> {
    const { id } = await this.createSession(command, options);
    return this.sessionWhen(id, 'running', ({ status }) => status === 'running');
  }

  /** What the log has from an offset on. */
  async output(id: string, from = 0): Promise<{ from: number; to: number; bytes: Buffer }> {
    const answer = await this.call('GET', `/v1/sessions/${id}/output?from=${from}`);
    if (answer.status !== 200) throw new Error(`output of ${id} from ${from}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return {
      from: Number(answer.headers.get('berth-from')),
      to: Number(answer.headers.get('berth-to')),
      bytes: (answer.body as Buffer | undefined) ?? Buffer.alloc(0),
    };
  }
}
