import type { SignIn } from './credentials-file.js';

type RefreshToken = SignIn['refresh'];

/** An answer that takes longer is none. */
const ANSWER_MS = 30_000;
/** `berth_refresh`, or with the prefix that binds a cookie to its host. */
const NAME = /^(__Host-)?berth_refresh$/;

/** `fetch` with an end: a server that accepts and never answers counts as unreachable. */
export const patientFetch: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });

/** Plays a browser's part for the one cookie that Berth sets: sends it, and keeps what comes back. */
export class RefreshCookie {
  constructor(private token?: RefreshToken) {}

  /** The latest cookie; undefined: none, or the server has taken it back. */
  get value(): RefreshToken | undefined {
    return this.token;
  }

  /** For the calls that go by cookie. */
  readonly fetch: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    if (this.token) headers.set('cookie', `${this.token.name}=${this.token.value}`);
    const response = await patientFetch(input, { ...init, headers });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  };

  private keep(line: string): void {
    const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? [];
    if (NAME.test(name)) this.token = value === '' ? undefined : { name, value };
  }
}
