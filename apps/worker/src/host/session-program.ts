import type { Clock, Runner, RunnerEvents } from '@berth/session';
import { endTree } from '../end-tree.js';
import type { TreeRef } from '../end-tree.js';
import { descendants, processRef, signal } from '../process-table.js';

/** What a program may take to end after its terminal has hung up. Shorter than a session waits for a killed program. */
const HANG_UP_GRACE_MS = 3_000;

export interface SessionProgramOptions {
  clock: Clock;
  /** Makes the runner, or rejects with a line that tells a person why the program cannot be started; may `say` a line before it does. */
  open(say: (line: string) => void): Promise<Runner>;
  /** Another program has had this terminal before, and died as it was. */
  usedTerminal: boolean;
  kind: TreeRef['kind'];
  /** The processes exist; called before anything of them is seen. */
  onTree(tree: TreeRef): void;
  /** Whether the run may still act. Asked before anything that woke us is handed on, so that nothing is done for a run that is over. */
  mayAct(): boolean;
}

/**
 * Undoes what a program may have left of its own: the alternate screen, hidden cursor, colours, margins, mouse, focus and paste reports, application
 * keys, and what stood below its cursor.
 */
const TERMINAL_AS_NEW = '\x1b[?1047l\x1b[!p\x1b[?1000;1002;1003;1004;1006;2004l\x1b[?1l\x1b>\r\x1b[J';

/** A line of ours among the program's output. */
const dimLine = (text: string): Uint8Array => new TextEncoder().encode(`\x1b[2mberth: ${text}\x1b[0m\r\n`);

/**
 * A program as a host runs it: its process tree is reported as soon as it exists, why it cannot be started is written where its output would have
 * been, and it is asked to end (SIGHUP, as when a terminal is closed) before it is made to.
 */
export class SessionProgram implements Runner {
  private runner: Runner | undefined;
  private tree: TreeRef | undefined;
  private events: RunnerEvents | undefined;
  private ended = false;
  private killed = false;
  private cancelGrace: (() => void) | undefined;

  constructor(private readonly options: SessionProgramOptions) {}

  async start(events: RunnerEvents): Promise<{ pid?: number }> {
    this.events = this.guarded(events);
    if (this.options.usedTerminal) this.events.data(new TextEncoder().encode(TERMINAL_AS_NEW));
    try {
      this.runner = await this.options.open((line) => this.say(line));
      if (this.killed) throw new Error('the session was ended before its program had started');
      const started = await this.runner.start(this.events);
      if (started.pid !== undefined) this.found(started.pid);
      if (this.killed) this.runner.kill();
      return started;
    } catch (error) {
      this.ended = true;
      this.say(error instanceof Error ? error.message : 'the program cannot be started');
      throw error;
    }
  }

  write(bytes: Uint8Array): number {
    return this.runner?.write(bytes) ?? 0;
  }

  resize(cols: number, rows: number): void {
    this.runner?.resize(cols, rows);
  }

  pause(): void {
    this.runner?.pause();
  }

  resume(): void {
    this.runner?.resume();
  }

  /** Hangs up, and kills what is left after a grace. */
  kill(): void {
    if (this.ended || this.cancelGrace) return;
    if (!this.tree) {
      this.killNow();
      return;
    }
    // Not the outermost process: it is the wall, and its end would be everybody's at once.
    for (const process of descendants(this.tree.pid)) signal(process, 'SIGHUP');
    if (this.tree.kind === 'process-group') signal(this.tree, 'SIGHUP');
    this.cancelGrace = this.options.clock.after(HANG_UP_GRACE_MS, () => {
      this.killNow();
    });
  }

  killNow(): void {
    this.killed = true;
    this.cancelGrace?.();
    this.runner?.kill();
  }

  /** Delivers a byte as if the program had written it; for tests of the fence. */
  utter(byte: number): void {
    this.events?.data(Uint8Array.of(byte));
  }

  private say(line: string): void {
    this.events?.data(dimLine(line));
  }

  private found(pid: number): void {
    this.tree = { ...processRef(pid), kind: this.options.kind };
    this.options.onTree(this.tree);
  }

  private guarded(events: RunnerEvents): RunnerEvents {
    return {
      data: (bytes) => {
        if (!this.killed && this.options.mayAct()) events.data(bytes);
      },
      exit: (exit) => {
        this.ended = true;
        this.cancelGrace?.();
        // Without a namespace, what the program left in its group outlives it.
        if (this.tree?.kind === 'process-group') endTree(this.tree);
        if (this.options.mayAct()) events.exit(exit);
      },
    };
  }
}
