import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { eventually } from './eventually.js';
import { write } from './frames.js';
import type { Frame, FrameOf } from './frames.js';
import { RawSocket } from './raw-socket.js';

export interface ScreenOptions {
  /** Gateway to connect to. */
  address: string;
  sessionId: string;
  token: string;
  clientId: string;
  /** A driver answers the program's questions to its terminal and may type; a viewer only looks. */
  drive?: boolean;
  cols?: number;
  rows?: number;
}

/** Claude Code takes text and a return that come together for a paste. */
const RETURN_AFTER_MS = 300;
const SHOWN_MS = 20_000;

/** A person's terminal: what the session has shown so far, cell by cell. Everything comes over byte sockets, one after the other. */
export class Screen {
  readonly terminal;
  /** How often the bell has rung. */
  bells = 0;
  /** Output that came without a hole before it. */
  position = 0;
  /** What could not be had, and how often a screen has stood for it. */
  readonly gaps: FrameOf<'gap'>[] = [];
  screens = 0;
  /** Set when output has had a hole, or input was refused. */
  failure: string | undefined;
  /** How the present connection has ended. */
  private ended: string | undefined;
  private socket: RawSocket | undefined;
  private attached = false;
  /** Which connection is heard. */
  private turn = 0;
  private epoch = 0;
  private inputSeq = 0;
  private shown: Promise<void> = Promise.resolve();

  private constructor(private readonly options: ScreenOptions) {
    this.terminal = new xterm.Terminal({
      cols: options.cols ?? 80,
      rows: options.rows ?? 24,
      scrollback: 1_000,
      allowProposedApi: true,
    });
    this.terminal.onBell(() => (this.bells += 1));
    this.terminal.onData((answer) => {
      if (options.drive === true) this.press(answer);
    });
  }

  static async open(options: ScreenOptions): Promise<Screen> {
    const screen = new Screen(options);
    await screen.connect(options.address);
    return screen;
  }

  /** Connects to a gateway and goes on where it was. */
  async connect(address: string): Promise<void> {
    const { sessionId, token, clientId, drive = false } = this.options;
    const { cols, rows } = this.terminal;
    this.cut();
    const { turn } = this;
    this.attached = false;
    this.ended = undefined;
    const socket = await RawSocket.attach(
      address,
      sessionId,
      { clientId, drive, cols, rows, haveUpTo: this.position },
      {
        token,
        keep: false,
        onFrame: (frame) => {
          if (turn === this.turn) this.take(frame);
        },
      },
    );
    this.socket = socket;
    void socket.closed.then(({ code, reason }) => {
      if (this.socket === socket) this.ended = `closed with ${code} ${reason}`;
    });
    await eventually(() => this.attached, { what: `${clientId} is attached` }).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${String(socket.broken ?? this.ended ?? 'connected')}`);
    });
  }

  /** Reads nothing any more until it connects again, as behind a network that takes nothing. */
  deafen(): void {
    this.socket?.pause();
  }

  /** Connects again if the connection has ended, as a client does. */
  async comeBack(address: string): Promise<void> {
    if (this.ended !== undefined) await this.connect(address);
  }

  /** Forgets what was shown: what follows is new. */
  clear(): void {
    this.shown = this.shown.then(() => this.terminal.reset());
  }

  /** Shows nothing of what comes, and acknowledges nothing, until the returned function is called. */
  stall(): () => void {
    let goOn = (): void => undefined;
    const stalled = new Promise<void>((resolve) => (goOn = resolve));
    this.shown = this.shown.then(() => stalled);
    return goOn;
  }

  /** Breaks the connection as a lost network does; what was shown stays. */
  cut(): void {
    const { socket } = this;
    // What was on its way over the old connection may still come.
    this.turn += 1;
    this.socket = undefined;
    socket?.destroy();
  }

  close(): void {
    this.cut();
    this.terminal.dispose();
  }

  /** Keys, as a terminal sends them. */
  press(keys: string): void {
    this.inputSeq += 1;
    this.socket?.input(this.inputSeq, keys);
  }

  /** Types a line and sends it. */
  async enter(line: string): Promise<void> {
    this.press(line);
    await sleep(RETURN_AFTER_MS);
    this.press('\r');
  }

  /** As a person does who drags the window's corner. */
  resize(cols: number, rows: number): void {
    this.socket?.send(write.resize(cols, rows));
  }

  /** The visible text, a line a row, without what is blank on the right. */
  text(): string {
    const { active } = this.terminal.buffer;
    const lines = Array.from(
      { length: this.terminal.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
    );
    return lines.join('\n').trimEnd();
  }

  async shows(what: string | RegExp, ms = SHOWN_MS): Promise<void> {
    const found = (): boolean => (typeof what === 'string' ? this.text().includes(what) : what.test(this.text()));
    await eventually(found, { within: ms, what: `the screen shows ${String(what)}` }).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${this.failure ?? this.ended ?? 'connected'}; it shows\n${this.text()}`);
    });
  }

  /** Every visible cell with its character, width, colours and attributes, and where the cursor is. */
  async cells(): Promise<string[]> {
    await this.shown;
    return cellsOf(this.terminal);
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case 'attached':
        this.begin(frame.epoch);
        this.inputSeq = frame.lastInputSeq;
        this.attached = true;
        // What comes next for a terminal that shows something may have been written for another size, which is told before it.
        if (this.position === 0) this.fit(frame);
        break;
      case 'resize':
        this.fit(frame);
        break;
      case 'output':
        if (frame.offset !== this.position) this.failure ??= `OUTPUT at ${frame.offset}, wanted ${this.position}`;
        this.position = frame.offset + frame.bytes.length;
        this.show(frame.bytes, this.position);
        break;
      case 'screen':
        if (frame.offset !== this.position) this.failure ??= `SCREEN at ${frame.offset}, wanted ${this.position}`;
        this.screens += 1;
        this.fit(frame);
        this.show(Buffer.from(frame.serialized), this.position);
        break;
      case 'gap':
        if (frame.from !== this.position) this.failure ??= `GAP from ${frame.from}, wanted ${this.position}`;
        this.gaps.push(frame);
        this.position = frame.to;
        break;
      case 'state':
        this.begin(frame.run.epoch);
        break;
      case 'reject':
        this.failure ??= `input ${frame.inputSeq} was rejected: ${frame.code}`;
        break;
      default:
    }
  }

  /** Input is numbered from 1 in each run. */
  private begin(epoch: number): void {
    if (this.epoch !== 0 && epoch > this.epoch) this.inputSeq = 0;
    this.epoch = epoch;
  }

  private fit({ cols, rows }: { cols: number; rows: number }): void {
    // Behind what was written for the old size.
    this.shown = this.shown.then(() => {
      if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows);
    });
  }

  private show(bytes: Uint8Array, upTo: number): void {
    const before = this.shown;
    this.shown = before.then(
      () =>
        new Promise((resolve) => {
          this.terminal.write(bytes, () => {
            this.socket?.send(write.ack(upTo));
            resolve();
          });
        }),
    );
  }
}

/** Every visible cell of a terminal with its character, width, colours and attributes, a line a row, and where the cursor is. */
export function cellsOf(terminal: InstanceType<typeof xterm.Terminal>): string[] {
  const { active } = terminal.buffer;
  const cursor = `${active.type} buffer, cursor ${active.cursorX},${active.cursorY}`;
  return [cursor, ...Array.from({ length: terminal.rows }, (_, row) => cellsOfRow(terminal, active.viewportY + row))];
}

function cellsOfRow(terminal: InstanceType<typeof xterm.Terminal>, row: number): string {
  const line = terminal.buffer.active.getLine(row);
  return Array.from({ length: terminal.cols }, (_, column) => {
    const cell = line?.getCell(column);
    if (!cell) return '-';
    const colours = `${cell.getFgColorMode()}:${cell.getFgColor()}/${cell.getBgColorMode()}:${cell.getBgColor()}`;
    const flags = [
      cell.isBold(),
      cell.isItalic(),
      cell.isDim(),
      cell.isUnderline(),
      cell.isInverse(),
      cell.isInvisible(),
      cell.isStrikethrough(),
    ];
    return `${cell.getChars()}|${cell.getWidth()}|${colours}|${flags.map((flag) => (flag === 0 ? 0 : 1)).join('')}`;
  }).join(' ');
}
