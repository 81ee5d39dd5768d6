import { PtyRunner } from '@berth/runner';
import xterm from '@xterm/headless';
import { eventually } from './eventually.js';

export interface PtyOptions {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  cols?: number;
  rows?: number;
}

/** A person's terminal with a program in it: everything that was written to it, and what it would show. */
export class Pty {
  /** Everything written, byte by byte. */
  output = '';
  /** Exit code of the program; undefined while it runs. */
  exitCode: number | undefined;
  readonly screen: InstanceType<typeof xterm.Terminal>;
  private readonly runner: PtyRunner;
  private unsent = Buffer.alloc(0);
  private timer: NodeJS.Timeout | undefined;

  private constructor({ argv, env, cwd, cols = 100, rows = 30 }: PtyOptions) {
    this.screen = new xterm.Terminal({ cols, rows, allowProposedApi: true });
    this.runner = new PtyRunner({ argv, cwd, env, cols, rows });
    // As real terminals do, it types its answers.
    this.screen.onData((answer) => this.type(answer));
  }

  static async open(options: PtyOptions): Promise<Pty> {
    const pty = new Pty(options);
    await pty.runner.start({
      data: (bytes) => {
        pty.output += Buffer.from(bytes).toString('latin1');
        // Parsed later, when the runner has used its memory again.
        pty.screen.write(bytes.slice());
      },
      exit: ({ exitCode, signal }) => (pty.exitCode = signal === undefined ? exitCode : 128 + signal),
    });
    return pty;
  }

  /** Types; what the terminal does not take at once is typed later. */
  type(text: string): void {
    this.unsent = Buffer.concat([this.unsent, Buffer.from(text, 'latin1')]);
    this.flush();
  }

  resize(cols: number, rows: number): void {
    this.screen.resize(cols, rows);
    this.runner.resize(cols, rows);
  }

  /** Stops reading, as a person's terminal does that cannot keep up. */
  pause(): void {
    this.runner.pause();
  }

  resume(): void {
    this.runner.resume();
  }

  /** Waits until it has been written. */
  async shows(what: string | RegExp, within = 15_000): Promise<void> {
    const found = (): boolean => (typeof what === 'string' ? this.output.includes(what) : what.test(this.output));
    await eventually(found, { within, what: `${String(what)} in the terminal` }).catch((error: unknown) => {
      throw new Error(`${String(error)}\nlast written: ${JSON.stringify(this.output.slice(-1500))}`);
    });
  }

  async ended(within = 20_000): Promise<number> {
    await eventually(() => this.exitCode !== undefined, { within, what: 'the program in the terminal has ended' }).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\nlast written: ${JSON.stringify(this.output.slice(-1500))}`);
      },
    );
    return this.exitCode ?? -1;
  }

  /** What its cells show, line by line, once everything written has been parsed. */
  async text(): Promise<string> {
    await new Promise<void>((resolve) => this.screen.write('', resolve));
    const { active } = this.screen.buffer;
    return Array.from({ length: active.length }, (_, line) => active.getLine(line)?.translateToString(true) ?? '').join('\n');
  }

  kill(): void {
    clearTimeout(this.timer);
    this.runner.kill();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.unsent = this.unsent.subarray(this.runner.write(this.unsent));
    if (this.unsent.length > 0) this.timer = setTimeout(() => this.flush(), 5);
  }
}
