import type { BerthApi } from '@berth/client';
import type { Command } from 'commander';
import { Account } from './account/account.js';
import { CredentialsFile } from './account/credentials-file.js';
import type { CliEnv } from './env.js';
import { CliError, EXIT, notSignedIn } from './failure.js';
import { Output } from './output/output.js';

/** Where `npm start` puts a server. */
const DEFAULT_SERVER = 'http://127.0.0.1:8080';

interface GlobalOptions {
  server?: string;
  json?: boolean;
}

/** What every command works with. */
export class Cli {
  readonly credentials: CredentialsFile;
  /** The server that the command at hand talks to, once it is known: for what is said when it fails. */
  server: string | undefined;

  /** `program`: what stood behind `--`, the program of a new session. */
  constructor(
    readonly env: CliEnv,
    readonly program: readonly string[] | undefined,
  ) {
    this.credentials = new CredentialsFile(env.configDir);
  }

  /** Options that every command knows, wherever they stand. */
  options(command: Command): GlobalOptions {
    return command.optsWithGlobals<GlobalOptions>();
  }

  output(command: Command): Output {
    return new Output(this.options(command).json === true);
  }

  /** The server that is meant: named, from the environment, the one signed in to last, or the one on this machine. */
  serverOf(command: Command): string {
    return this.useServer(this.options(command).server ?? this.env.server ?? this.credentials.current ?? DEFAULT_SERVER);
  }

  /** From an address, its origin: paths are none of ours. */
  useServer(address: string): string {
    const url = URL.parse(address);
    if (!url || !/^https?:$/.test(url.protocol))
      throw new CliError(EXIT.usage, 'this is not the address of a server', 'It looks like https://berth.example.com');
    this.server = url.origin;
    return url.origin;
  }

  /** Who is signed in there. */
  account(command: Command): Account {
    const server = this.serverOf(command);
    if (!this.credentials.get(server)) throw notSignedIn(server);
    return new Account(server, this.credentials);
  }

  api(command: Command): BerthApi {
    return this.account(command).api;
  }
}
