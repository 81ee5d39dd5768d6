import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.js';
import { OWNER_EMAIL } from './cluster.js';
import { eventually, within } from './eventually.js';
import { BERTH, ROOT } from './paths.js';
import { signal } from './process-table.js';
import { Pty } from './pty.js';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Keys that detach unless told otherwise. */
export const DETACH = '\u001cd';

/** Says what the terminal's settings are before and after; the program in between has its process id written down. */
const WATCHED = `cd "$1" || exit 1; shift
stty -a > before; sh -c 'echo $$ > pid; exec "$@"' sh "$@"; code=$?; stty -a > after; exit $code`;

/** The same under job control: stopped, it leaves the terminal to the shell, which then brings it back. */
const STOPPED = `cd "$1" || exit 1; shift
set -m; stty -a > before; sh -c 'echo $$ > pid; exec "$@"' sh "$@"; stty -a > stopped; printf '[stopped]'; read go; fg > /dev/null; code=$?; stty -a > after; exit $code`;

/** Its output goes to a reader that has soon had enough. */
const PIPED = `cd "$1" || exit 1; shift
stty -a > before; sh -c 'echo $$ > pid; exec "$@"' sh "$@" | head -c 5; code=\${PIPESTATUS[0]}; stty -a > after; exit $code`;

const SCRIPTS = { plain: WATCHED, 'job control': STOPPED, piped: PIPED };

/** One person's command line: an environment and a credentials folder of their own. */
export class BerthCli {
  readonly configDir: string;
  readonly env: Record<string, string>;

  constructor(
    private readonly folder: string,
    readonly server: string,
  ) {
    this.configDir = join(folder, 'config');
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      BERTH_CONFIG_DIR: this.configDir,
      BERTH_SERVER: server,
    };
  }

  /** A person of this cluster, not signed in yet. */
  static of(cluster: Cluster, server = cluster.address()): BerthCli {
    return new BerthCli(mkdtempSync(join(cluster.folder, 'person-')), server);
  }

  /** The owner, signed in. */
  static async owner(cluster: Cluster, server = cluster.address()): Promise<BerthCli> {
    const cli = BerthCli.of(cluster, server);
    const { code, stderr } = await cli.run(['login', '--stdin'], { stdin: `${OWNER_EMAIL}\n${cluster.password}\n` });
    if (code !== 0) throw new Error(`berth login: ${stderr}`);
    return cli;
  }

  get credentials(): string {
    return join(this.configDir, 'credentials.json');
  }

  /** Runs a command to its end, without a terminal. */
  async run(
    args: string[],
    { stdin = '', env = {}, node = process.execPath }: { stdin?: string; env?: Record<string, string>; node?: string } = {},
  ): Promise<Ran> {
    const child = spawn(node, [BERTH, ...args], { cwd: ROOT, env: { ...this.env, ...env }, stdio: 'pipe' });
    const ran: Ran = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    ran.code = await within(60_000, `berth ${args.join(' ')} ends`, closed);
    return ran;
  }

  /** What a command that has to succeed answers as JSON. */
  async json(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run(['--json', ...args]);
    if (code !== 0) throw new Error(`berth ${args.join(' ')}: exit code ${String(code)}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs a command in a terminal of its own. */
  async open(
    args: string[],
    {
      env = {},
      under = 'plain',
      cols,
      rows,
    }: { env?: Record<string, string>; under?: keyof typeof SCRIPTS; cols?: number; rows?: number } = {},
  ): Promise<BerthTerminal> {
    const place = mkdtempSync(join(this.folder, 'terminal-'));
    mkdirSync(place, { recursive: true });
    const argv = ['bash', '-c', SCRIPTS[under], 'bash', place, process.execPath, BERTH, ...args];
    const pty = await Pty.open({ argv, cwd: ROOT, env: { ...this.env, ...env }, ...(cols && rows ? { cols, rows } : {}) });
    return new BerthTerminal(pty, place);
  }
}

/** A terminal in which a command runs. */
export class BerthTerminal {
  constructor(
    readonly pty: Pty,
    private readonly place: string,
  ) {}

  /** Process id of the command. */
  async pid(): Promise<number> {
    return eventually(() => Number(this.read('pid')) || undefined, { what: 'the command has started' });
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    signal(await this.pid(), name);
  }

  /** The terminal's settings (`stty -a`). */
  settings(when: 'before' | 'stopped' | 'after'): string {
    return this.read(when);
  }

  /** Its settings while the command runs. */
  async settingsNow(): Promise<string> {
    const { stdout } = await promisify(execFile)('stty', ['-a', '-F', `/proc/${String(await this.pid())}/fd/0`]);
    return stdout;
  }

  private read(file: string): string {
    try {
      return readFileSync(join(this.place, file), 'utf8');
    } catch {
      return '';
    }
  }
}
