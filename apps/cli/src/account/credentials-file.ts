import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TenantId, User } from '@berth/protocol';
import { z } from 'zod';
import { CliError, EXIT } from '../failure.js';
import { withFileLock } from './file-lock.js';

/** A signed-in state on one server. */
const SignIn = z.object({
  /** The refresh cookie as the server named it: signs in for weeks, changes with every use. */
  refresh: z.object({ name: z.string().min(1), value: z.string().min(1) }),
  /** Good for minutes; kept so that not every command has to renew. `expiresAt`: milliseconds since 1970, by this machine's clock. */
  access: z.object({ token: z.string(), expiresAt: z.number() }).optional(),
  tenant: z.object({ id: TenantId, name: z.string() }),
  user: User,
});
export type SignIn = z.infer<typeof SignIn>;

/** Content of the file. `current`: the server that is meant when none is named. */
const Credentials = z.object({ current: z.string().optional(), servers: z.record(z.string(), SignIn) });
type Credentials = z.infer<typeof Credentials>;

const FILE = 'credentials.json';
/** Access bits of group and others. */
const OTHERS = 0o077;

/** Who is signed in where, in a file that only its owner can read. */
export class CredentialsFile {
  readonly path: string;

  /** `folder`: made, mode 0700, when something is stored for the first time. */
  constructor(private readonly folder: string) {
    this.path = join(folder, FILE);
  }

  /** The server that is meant when none is named. */
  get current(): string | undefined {
    return this.read().current;
  }

  /** The signed-in state on a server, given by its origin. */
  get(server: string): SignIn | undefined {
    return this.read().servers[server];
  }

  /** Holds off other processes that change the file while `work` runs. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    requirePrivate(this.folder, 0o700);
    return withFileLock(join(this.folder, 'lock'), work);
  }

  /** Stores a state; call within {@link exclusively}. `current`: from now on this server is meant when none is named. */
  put(server: string, signIn: SignIn, { current }: { current: boolean }): void {
    const before = this.read();
    this.write({ ...before, ...(current ? { current: server } : {}), servers: { ...before.servers, [server]: signIn } });
  }

  /** Forgets a state; call within {@link exclusively}. */
  remove(server: string): void {
    const { current, servers } = this.read();
    const left = Object.fromEntries(Object.entries(servers).filter(([name]) => name !== server));
    const next = current === server ? Object.keys(left)[0] : current;
    this.write({ ...(next === undefined ? {} : { current: next }), servers: left });
  }

  private read(): Credentials {
    let text: string;
    try {
      requirePrivate(this.folder, 0o700);
      requirePrivate(this.path, 0o600);
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { servers: {} };
      throw error;
    }
    const { success, data } = Credentials.safeParse(parsed(text));
    if (!success) throw new CliError(EXIT.failed, `${this.path} is damaged`, `Remove it and sign in again: rm ${this.path} && berth login`);
    return data;
  }

  /** A reader sees the old or the new content, never half of one, also after a crash. */
  private write(content: Credentials): void {
    const aside = `${this.path}.${String(process.pid)}.new`;
    const file = openSync(aside, 'w', 0o600);
    try {
      chmodSync(aside, 0o600);
      writeSync(file, `${JSON.stringify(content, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, this.path);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Refuses what others than its owner can open: whoever reads the file is signed in. */
function requirePrivate(path: string, wanted: number): void {
  const { mode, uid } = statSync(path);
  const mine = process.getuid?.() ?? uid;
  if (uid !== mine && mine !== 0)
    throw new CliError(EXIT.failed, `${path} belongs to another user`, `Set BERTH_CONFIG_DIR to a folder of your own`);
  if ((mode & OTHERS) === 0) return;
  throw new CliError(EXIT.failed, `${path} can be opened by others on this machine`, `Mend it with: chmod ${wanted.toString(8)} ${path}`);
}
