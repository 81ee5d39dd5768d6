import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { builtProgram, NODE_FLAGS, ROOT } from './paths.js';
import { eventually, within } from './eventually.js';
import { descendants, signal } from './process-table.js';
import type { ProcessId } from './process-table.js';

export interface Exit {
  code: number | null;
  signal: string | null;
}

interface Ready {
  type: 'ready';
  port?: number;
  guardianPid?: number;
  linkPort?: number;
}

const READY_MS = 30_000;
const GONE_MS = 20_000;

/** One gateway or worker: the built program in a process of its own, started and ended by hand. */
export class AppProcess {
  private child: ChildProcess | undefined;
  private readiness: Promise<void> = Promise.resolve();
  /** What it said when it became ready. */
  private said: Ready = { type: 'ready' };
  /** How it ended; pending while it runs. */
  exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });

  constructor(
    readonly kind: 'gateway' | 'worker',
    readonly name: string,
    readonly env: Record<string, string>,
    readonly logFile: string,
  ) {}

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.name} does not run`);
    return this.child.pid;
  }

  /** Whether it runs now, stopped included. */
  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Port of a gateway. */
  get port(): number {
    return this.said.port ?? 0;
  }

  get guardianPid(): number {
    return this.said.guardianPid ?? 0;
  }

  /** Starts it; resolves when it says that it is ready, rejects with the end of its log when it ends instead. */
  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const child = fork(builtProgram(this.kind, 'main.js'), {
      cwd: ROOT,
      env: this.env,
      // A port of the machine's choice in case a test lets the process be inspected.
      execArgv: [...NODE_FLAGS, '--inspect-port=127.0.0.1:0', '--import', builtProgram(this.kind, 'telemetry.js')],
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.exited = new Promise((resolve) =>
      child.once('exit', (code, name) => {
        resolve({ code, signal: name });
      }),
    );
    this.readiness = new Promise((resolve) => {
      child.on('message', (message) => {
        const ready = message as Ready;
        if (ready.type !== 'ready') return;
        this.said = ready;
        resolve();
      });
    });
    const ended = this.exited.then((exit) =>
      Promise.reject(new Error(`${this.name} ended instead of becoming ready: ${JSON.stringify(exit)}\n${this.logTail()}`)),
    );
    await Promise.race([
      within(
        READY_MS,
        `${this.name} is ready`,
        this.readiness.then(() => this.serves()),
      ),
      ended,
    ]);
    // What ends it later is the test's doing.
    ended.catch(() => undefined);
  }

  /** A gateway listens before it can serve: until then /ready says no. */
  private async serves(): Promise<void> {
    if (this.kind === 'worker') return;
    await eventually(
      () =>
        fetch(`http://127.0.0.1:${this.port}/ready`).then(
          ({ status }) => status === 200,
          () => false,
        ),
      { within: READY_MS, every: 10, what: `${this.name} can serve` },
    );
  }

  signal(name: NodeJS.Signals): void {
    signal(this.pid, name);
  }

  /** Kills it at once; resolves when it is gone. What it had started is left alone: that is for the product to clean up. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Asks it to drain; resolves with how it ended. */
  async drain(): Promise<Exit> {
    this.signal('SIGTERM');
    return within(GONE_MS, `${this.name} has drained`, this.exited);
  }

  /** Everything it has started and that still runs: guardian, sessions. */
  children(): ProcessId[] {
    return descendants(this.pid);
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Lines of its log that carry this message. */
  logged(message: string): string[] {
    return this.log()
      .split('\n')
      .filter((line) => line.includes(message));
  }

  logTail(lines = 20): string {
    return this.log().trimEnd().split('\n').slice(-lines).join('\n');
  }
}
