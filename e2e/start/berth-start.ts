import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { eventually, within } from '../harness/eventually.js';
import { ROOT } from '../harness/paths.js';
import { commandLineOf, environmentOf, identify, signal } from '../harness/process-table.js';
import type { ProcessId } from '../harness/process-table.js';
import type { FreshAccount } from './fresh-account.js';

/** A start on a slow machine, a first build included. */
const READY_MS = 120_000;
/** The longest that an orderly stop may take. */
const STOP_MS = 60_000;

interface Recorded {
  pid: number;
  port: number;
  guardianPid: number;
}

/** `run.json`. */
export interface Run {
  start: { pid: number };
  gateways: Recorded[];
  workers: Recorded[];
  postgres: Recorded;
  redis: Recorded;
}

export interface LaunchOptions {
  dataFolder: string;
  /** `npm start` as people type it, or the program that it runs: then stderr holds no line of npm's. */
  through?: 'npm' | 'node';
  args?: string[];
  env?: Record<string, string>;
  /** The checkout to start; this one unless told. */
  root?: string;
  /** Whose start it is; the tests' own user unless told. */
  account?: Pick<FreshAccount, 'ids' | 'home'>;
}

/** One `npm start`, in a process group of its own as a terminal would give it. */
export class BerthStart {
  private readonly child: ChildProcess;
  readonly exited: Promise<number | string | null>;
  private over = false;
  stdout = '';
  stderr = '';

  constructor(private readonly options: LaunchOptions) {
    const { dataFolder, through = 'npm', args = [], env = {}, root = ROOT, account } = options;
    // Programs of this checkout are none of another one's: a fresh clone begins with the system's Node.
    const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => root === ROOT || !entry.endsWith('node_modules/.bin'));
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|BERTH_TEST_|NODE_OPTIONS|VITEST|NODE_ENV)/.test(name));
    const [file, words] =
      through === 'npm' ? ['npm', ['start', '--', ...args]] : [process.execPath, [join(root, 'tools', 'start.mjs'), ...args]];
    this.child = spawn(file, words, {
      cwd: root,
      env: {
        ...Object.fromEntries(inherited),
        PATH: path.join(delimiter),
        PORT: '0',
        BERTH_DATA_DIR: dataFolder,
        ...(account ? { HOME: account.home } : {}),
        ...env,
      },
      ...account?.ids,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => (this.over = true));
      this.child.once('close', (code, name) => resolve(code ?? name));
    });
  }

  /** Waits for a progress line: the start is then in that phase. */
  async reached(line: RegExp, withinMs = READY_MS): Promise<void> {
    const ended = this.exited.then((how) => {
      throw new Error(`ended (${String(how)}) before ${String(line)}:\n${this.stdout}${this.stderr}`);
    });
    await Promise.race([
      eventually(() => line.test(this.stdout), { within: withinMs, every: 2, what: `${String(line)} in\n${this.stdout}` }),
      ended,
    ]);
  }

  ready(): Promise<void> {
    return this.reached(/^Stop with Ctrl\+C/m);
  }

  /** What a terminal's ^C does: the signal goes to npm and to everything in its group. */
  interrupt(): void {
    signal(-(this.child.pid ?? 0), 'SIGINT');
  }

  /** A signal for npm (or the program) alone. */
  send(name: NodeJS.Signals): void {
    // Its pid may be another's by now.
    if (!this.over) signal(this.child.pid ?? 0, name);
  }

  /** SIGKILL for npm and the start's own processes; what they started goes on. */
  async kill(): Promise<void> {
    signal(-(this.child.pid ?? 0), 'SIGKILL');
    signal(this.run().start.pid, 'SIGKILL');
    await this.ended();
  }

  ended(): Promise<number | string | null> {
    return within(STOP_MS, `the end of the start:\n${this.stdout}${this.stderr}`, this.exited);
  }

  run(): Run {
    return JSON.parse(readFileSync(join(this.options.dataFolder, 'run.json'), 'utf8')) as Run;
  }

  get address(): string {
    return /^Berth is ready at (\S+)$/m.exec(this.stdout)?.[1] ?? '';
  }

  get signInLink(): string {
    return /^ {2}(https?:\/\/\S+)$/m.exec(this.stdout)?.[1] ?? '';
  }
}

/** The mark that a start of this data folder leaves in the environment of all that it starts. */
function markOf(dataFolder: string): string {
  return `data-${createHash('sha256').update(realpathSync(dataFolder)).digest('hex').slice(0, 16)}`;
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/**
 * Every live process that belongs to a data folder, however it was started: its environment names the folder (npm, compilers, apps) or it works
 * inside it (Postgres and Redis, which overwrite their environment).
 */
export function processesOf(dataFolder: string): ProcessId[] {
  const mark = markOf(dataFolder);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const environment = environmentOf(pid).split('\0');
      const named =
        environment.includes(`BERTH_DATA_DIR=${dataFolder}`) ||
        environment.some((entry) => entry.startsWith('BERTH_STARTED_BY=') && entry.includes(mark));
      return named || workingFolder(pid).startsWith(`${dataFolder}/`);
    })
    .flatMap((pid) => identify(pid) ?? []);
}

/** Says what is left, readable in a failed assertion. What has ended since it was found is not left. */
export const leftOf = (dataFolder: string): string[] =>
  processesOf(dataFolder).flatMap(({ pid }) => {
    const command = commandLineOf(pid);
    return command === '' ? [] : [`${pid} ${command}`];
  });
