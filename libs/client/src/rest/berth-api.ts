import type { Route, RouteName, SignedIn } from '@berth/protocol';
import { Problem, routes } from '@berth/protocol';
import { ApiError } from './api-error.js';
import type { CallArguments, CallOutput, OutputRange } from './call-types.js';

export interface BerthApiOptions {
  /** Address of the gateway, `https://…`; the page's own origin in a browser. */
  baseUrl: string;
  fetch?: typeof globalThis.fetch;
  /** A token to begin with, or one that never changes. */
  accessToken?: string;
  /** Gives the access token of each call, where it is not kept here; `refused`: the one that was just not accepted. Rejects with {@link ApiError}. */
  tokens?: (refused?: string) => Promise<string>;
  /** The signed-in state is new, or gone (undefined). */
  onSignIn?: (signedIn: SignedIn | undefined) => void;
}

interface Input {
  params?: Record<string, unknown>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

/** Calls whose answer is a signed-in state. */
const SIGN_INS: ReadonlySet<RouteName> = new Set<RouteName>(['login', 'loginWithLink', 'refresh']);

/** The REST interface, typed from the route catalogue. Holds the access token in memory and renews it by the refresh cookie. */
export class BerthApi {
  private token: string | undefined;
  private refreshing: Promise<SignedIn> | undefined;
  private readonly fetch: typeof globalThis.fetch;

  constructor(private readonly options: BerthApiOptions) {
    this.token = options.accessToken;
    // Unbound, a browser's fetch refuses to be called as a method.
    this.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  get accessToken(): string | undefined {
    return this.token;
  }

  /** Makes one call. Rejects with {@link ApiError}. An expired access token is renewed once, unseen. */
  async call<N extends RouteName>(name: N, ...[input]: CallArguments<N>): Promise<CallOutput<N>> {
    const route: Route = routes[name];
    const parts = (input ?? {}) as Input;
    const answer = route.auth === 'bearer' ? await this.authorised(route, parts) : await this.send(route, parts);
    const output = await read(route, answer);
    if (SIGN_INS.has(name)) this.signedIn(output as SignedIn);
    if (name === 'logout') this.signedIn(undefined);
    return output as CallOutput<N>;
  }

  /** Renews the access token by the refresh cookie; callers at the same time share one request. */
  async refresh(): Promise<SignedIn> {
    this.refreshing ??= this.call('refresh', { body: {} }).finally(() => {
      this.refreshing = undefined;
    });
    try {
      return await this.refreshing;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') this.signedIn(undefined);
      throw error;
    }
  }

  private async authorised(route: Route, input: Input): Promise<Response> {
    const { accessToken, tokens } = this.options;
    if (tokens) this.token = await tokens();
    const used = this.token;
    try {
      return await this.send(route, input);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'unauthenticated' || accessToken !== undefined) throw error;
      if (tokens) this.token = await tokens(used);
      // Somebody else may have renewed it while this call was under way.
      else if (this.token === used) await this.refresh();
      return this.send(route, input);
    }
  }

  private async send(route: Route, { params, query, body }: Input): Promise<Response> {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params?.[name])));
    const url = new URL(path, this.options.baseUrl);
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
    const headers: Record<string, string> = { accept: 'application/json, application/problem+json, application/octet-stream' };
    if (route.auth === 'bearer' && this.token !== undefined) headers['authorization'] = `Bearer ${this.token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = {
      method: route.method,
      headers,
      redirect: 'error',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await this.fetch(url, init).catch((cause: unknown) => {
      throw new ApiError('unavailable', 0, undefined, { cause });
    });
    if (response.status !== route.status) throw await errorOf(response);
    return response;
  }

  private signedIn(signedIn: SignedIn | undefined): void {
    this.token = signedIn?.accessToken;
    this.options.onSignIn?.(signedIn);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const { success, data } = Problem.safeParse(body);
  if (success) return new ApiError(data.code, response.status, data);
  // Not Berth's answer: a proxy in between, or a page that stands in for it.
  return new ApiError(response.status === 401 ? 'unauthenticated' : 'unavailable', response.status);
}

async function read(route: Route, response: Response): Promise<unknown> {
  if (route.response === undefined) return undefined;
  try {
    if (route.response === 'bytes') return await readRange(response);
    return route.response.parse(await response.json());
  } catch (cause) {
    throw new ApiError('unavailable', response.status, undefined, { cause });
  }
}

async function readRange(response: Response): Promise<OutputRange> {
  const [from, to] = ['berth-from', 'berth-to'].map((name) => Number(response.headers.get(name) ?? Number.NaN));
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw new Error('the answer does not say which offsets it holds');
  return { from: from as number, to: to as number, bytes: new Uint8Array(await response.arrayBuffer()) };
}
