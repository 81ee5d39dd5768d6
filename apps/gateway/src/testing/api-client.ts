import { randomInt } from 'node:crypto';
import type { Problem, SignedIn } from '@berth/protocol';
import type { Answer, ContractCheck } from './contract-check.js';

export interface CallOptions {
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Instead of the signed-in user's; null = none. */
  token?: string | null;
}

/** A network address of its own, so that the limits of one spec do not count for another. */
const someAddress = (): string => `198.51.${String(randomInt(256))}.${String(randomInt(256))}`;

async function bodyOf(response: Response): Promise<unknown> {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length === 0) return undefined;
  return response.headers.get('content-type')?.includes('json') === true ? JSON.parse(bytes.toString()) : bytes;
}

/** Calls one gateway as one person behind a trusted proxy; every answer is held against the gateway's own description. */
export class ApiClient {
  /** Cookies as a browser would send them back, `name=value`. */
  cookie: string | undefined;

  constructor(
    readonly origin: string,
    private readonly contract: ContractCheck,
    private token?: string,
    readonly address = someAddress(),
  ) {}

  async call(method: string, path: string, { body, headers = {}, token = this.token ?? null }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: {
        'x-forwarded-for': this.address,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const answer: Answer = { status: response.status, headers: response.headers, body: await bodyOf(response) };
    this.contract.check(method, path, answer);
    return answer;
  }

  /** Body of a call that has to succeed. */
  async expect<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** Problem of a call that has to fail. */
  async problem(method: string, path: string, options: CallOptions = {}): Promise<Problem> {
    const answer = await this.call(method, path, options);
    if (answer.status < 400) throw new Error(`${method} ${path} succeeded with ${String(answer.status)}`);
    return answer.body as Problem;
  }

  /** Signs in; from then on calls carry the token, and the cookie is kept as a browser would. */
  async signIn(credentials: { email: string; password: string } | { token: string }): Promise<SignedIn> {
    const answer = await this.call('POST', 'token' in credentials ? '/v1/auth/link' : '/v1/auth/login', { body: credentials, token: null });
    if (answer.status !== 200) throw new Error(`sign-in: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    const signedIn = answer.body as SignedIn;
    this.token = signedIn.accessToken;
    this.keepCookie(answer.headers);
    return signedIn;
  }

  keepCookie(headers: Headers): void {
    const [cookie] = headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0];
  }
}
