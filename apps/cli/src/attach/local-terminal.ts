import { TERMINAL_COLS, TERMINAL_ROWS } from '@berth/protocol';
import { LineSettings } from './line-settings.js';
import { ModeTracker } from './mode-tracker.js';
import { TtyWriter, openAnew } from './tty-writer.js';

export interface Size {
  cols: number;
  rows: number;
}

export interface LocalTerminalEvents {
  /** Typed, pasted, or answered by the terminal. */
  input(bytes: Uint8Array): void;
  /** stdin has ended. `hungUp`: it was a terminal, and is gone. */
  inputEnded(hungUp: boolean): void;
  /** Nobody takes output any more. */
  outputFailed(): void;
  resized(size: Size): void;
  /** Back after having been stopped: the screen shows something else. */
  continued(): void;
}

/** Titles are kept on a stack of the terminal meanwhile. */
const PUSH_TITLE = '\u001b[22;2t';
const POP_TITLE = '\u001b[23;2t';
/** Terminals that would show a title as text, or do nothing with it. */
const WITHOUT_TITLE = /^(dumb|linux|vt\d+|cons25)?$/;
/** Below what the program has drawn. */
const NEXT_LINE = '\r\n\u001b[J';
const TITLE_LENGTH = 120;

const clamp = (value: number, { min, max }: { min: number; max: number }): number => Math.min(Math.max(value, min), max);

/** The person's own terminal: raw while it shows a session, and as it was before on whatever way out. */
export class LocalTerminal {
  readonly tracker = new ModeTracker();
  private readonly line = new LineSettings();
  private readonly writer: TtyWriter;
  private readonly hasKeyboard = process.stdin.isTTY;
  private readonly hasScreen = process.stdout.isTTY;
  private readonly ends: (() => void)[] = [];
  private entered = false;
  private wroteAnything = false;
  private statusTitle: string | undefined;
  private titleDue = false;

  /** `term`: TERM of the environment. */
  constructor(
    private readonly events: LocalTerminalEvents,
    private readonly term: string | undefined,
  ) {
    this.writer = new TtyWriter(openAnew(1), {
      written: (bytes) => this.tracker.feed(bytes),
      failed: () => events.outputFailed(),
    });
  }

  /** Columns and rows; undefined where there is no screen. */
  get size(): Size | undefined {
    if (!this.hasScreen) return undefined;
    const [cols, rows] = process.stdout.getWindowSize();
    // A terminal that does not know its size says 0.
    return { cols: clamp(cols || TERMINAL_COLS.default, TERMINAL_COLS), rows: clamp(rows || TERMINAL_ROWS.default, TERMINAL_ROWS) };
  }

  /** Makes it raw and starts to read it. */
  enter(): void {
    if (this.entered) return;
    // Whatever ends this process, this comes last.
    this.on(process, 'exit', () => this.leave());
    this.entered = true;
    if (this.hasKeyboard) this.line.raw();
    if (this.hasTitle) this.writer.write(Buffer.from(PUSH_TITLE));
    this.on(process.stdin, 'data', (bytes: Buffer) => this.events.input(bytes));
    this.on(process.stdin, 'end', () => this.events.inputEnded(this.hasKeyboard));
    this.on(process.stdin, 'error', () => this.events.inputEnded(this.hasKeyboard));
    this.on(process.stdout, 'resize', () => this.tellSize());
    this.on(process, 'SIGTSTP', () => this.stop());
    this.on(process, 'SIGCONT', () => this.goOn());
    process.stdin.resume();
  }

  /** Gives it back as it was: modes, screen, title, settings. What has not been shown yet is dropped. Idempotent; works in an exit handler. */
  leave(): void {
    if (!this.entered) return;
    this.entered = false;
    for (const end of this.ends.splice(0)) end();
    process.stdin.pause();
    this.writer.close(() => this.farewell());
    if (this.hasKeyboard) this.line.restore();
  }

  /** Output of the session; `done` when the terminal has taken it. */
  write(bytes: Uint8Array, done?: () => void): void {
    this.wroteAnything = true;
    this.writer.write(bytes, () => {
      done?.();
      if (this.titleDue) this.showTitle();
    });
  }

  /** Text of ours, shown once what came before has been; not into a file. */
  say(text: string): void {
    if (this.hasScreen) this.writer.write(Buffer.from(text));
  }

  /** Something that is not part of the output and must not be overlooked. */
  warn(text: string): void {
    if (this.hasScreen) this.say(`\r\n\u001b[7m[berth: ${text}]\u001b[m\r\n`);
    else process.stderr.write(`berth: ${text}\n`);
  }

  /** Whether it types answers to what it is shown. */
  get answers(): boolean {
    return this.hasScreen && this.hasKeyboard;
  }

  /** Resolves when everything has been shown. */
  async drained(): Promise<void> {
    await this.writer.drained();
  }

  /** Stops or goes on reading what is typed. */
  holdInput(hold: boolean): void {
    if (hold) process.stdin.pause();
    else process.stdin.resume();
  }

  /** A word about the connection in the title; undefined: the program's own title again. */
  status(text: string | undefined): void {
    if (text === this.statusTitle) return;
    this.statusTitle = text;
    this.showTitle();
  }

  /** Undoes what the program has set until then, so that something else can be shown. */
  soften(): void {
    if (this.hasScreen) this.writer.write(() => Buffer.from(this.tracker.restoring()));
  }

  private get hasTitle(): boolean {
    return this.hasScreen && !WITHOUT_TITLE.test(this.term ?? '');
  }

  private showTitle(): void {
    if (!this.hasTitle || !this.entered) return;
    // Not into the middle of something.
    this.titleDue = !this.writer.idle || !this.tracker.ground;
    if (this.titleDue) return;
    const own = (this.tracker.title ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, TITLE_LENGTH);
    const title = [this.statusTitle, own].filter(Boolean).join(' · ');
    this.writer.write(Buffer.from(`\u001b]2;${title}\u0007`), () => {
      // It is not the program's.
      this.tracker.title = own;
    });
  }

  private farewell(): string {
    if (!this.hasScreen) return '';
    return this.tracker.restoring() + (this.hasTitle ? POP_TITLE : '') + (this.wroteAnything ? NEXT_LINE : '');
  }

  private tellSize(): void {
    const { size } = this;
    if (size) this.events.resized(size);
  }

  /** Stopped from outside: the shell gets its terminal as it was. */
  private stop(): void {
    if (this.hasScreen) this.writer.writeNow(this.tracker.restoring() + NEXT_LINE);
    if (this.hasKeyboard) this.line.restore();
    // With our own handler in place it would not stop anything.
    process.removeAllListeners('SIGTSTP');
    process.kill(0, 'SIGTSTP');
  }

  private goOn(): void {
    if (process.listenerCount('SIGTSTP') === 0) this.on(process, 'SIGTSTP', () => this.stop());
    if (this.hasKeyboard) this.line.raw();
    if (this.hasScreen) this.writer.write(Buffer.from(this.tracker.reapplying()));
    this.tellSize();
    this.events.continued();
  }

  private on(emitter: NodeJS.EventEmitter, event: string, listener: (...args: never[]) => void): void {
    const call = listener as (...args: unknown[]) => void;
    emitter.on(event, call);
    this.ends.push(() => emitter.off(event, call));
  }
}
