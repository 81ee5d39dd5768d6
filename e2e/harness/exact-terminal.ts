import { createHash } from 'node:crypto';
import type { ByteSocket } from '@berth/client';
import xterm from '@xterm/headless';
import { CutSocket } from './cut-socket.js';
import { eventually } from './eventually.js';

export interface ExactTerminalOptions {
  sessionId: string;
  token: string;
  clientId: string;
  /** Addresses of gateways, or of proxies before them. */
  gateways: string[];
  drive?: boolean;
  /** For a control: sizes are applied when they come, before the output that came last. */
  hasty?: boolean;
}

/** As much as a screen of the product holds. */
const SCROLLBACK = 1_000;

/** The product's client with a terminal behind it: what it was given, in order, and what it shows. */
export class ExactTerminal {
  readonly gaps: string[] = [];
  /** Screens that stood for output that the log no longer has. */
  screens = 0;
  attached = false;
  private readonly terminal = new xterm.Terminal({ cols: 80, rows: 24, scrollback: SCROLLBACK, allowProposedApi: true });
  private readonly hash = createHash('sha256');
  private readonly sizes: { offset: number; line: string }[] = [];
  private parsed = 0;
  private received = 0;
  private readonly connection: CutSocket;
  private state: unknown;
  /** Writes the output that came last, if it has been kept. */
  private held: (() => void) | undefined;

  constructor(private readonly options: ExactTerminalOptions) {
    const { hasty = false, ...connection } = options;
    this.connection = new CutSocket({
      drive: false,
      ...connection,
      events: {
        output: (offset, data, done) => {
          this.hash.update(data);
          this.received = offset + data.length;
          this.writeHeld();
          this.held = () =>
            this.terminal.write(data, () => {
              this.parsed = offset + data.length;
              done();
            });
          if (!hasty) this.writeHeld();
        },
        gap: (from, to, reason) => this.gaps.push(`${from}-${to} ${reason}`),
        screen: ({ offset, cols, rows, serialized }, done) => {
          this.screens += 1;
          this.received = offset;
          this.sizes.push({ offset, line: `${cols}x${rows} behind ${offset} by a screen` });
          this.terminal.write('', () => this.terminal.resize(cols, rows));
          this.terminal.write(serialized, () => {
            this.parsed = offset;
            done();
          });
        },
        resized: (cols, rows) => {
          this.sizes.push({ offset: this.received, line: `${cols}x${rows} behind ${this.received} ${this.hash.copy().digest('hex')}` });
          if (hasty) this.terminal.resize(cols, rows);
          else this.terminal.write('', () => this.terminal.resize(cols, rows));
        },
        attached: () => (this.attached = true),
        connection: (state) => (this.state = state),
        rejected: (code) => this.gaps.push(`rejected ${code}`),
      },
    });
  }

  get socket(): ByteSocket {
    return this.connection.socket;
  }

  /** Connections that it has made so far. */
  get connections(): number {
    return this.connection.connections;
  }

  /** Offset up to which output has come. */
  get position(): number {
    return this.received;
  }

  /** Columns and rows as last told, parsed or not. */
  get size(): string {
    return this.sizes.at(-1)?.line.split(' ')[0] ?? '';
  }

  /** Each size behind which output, by its number and its hash; before the first byte only the last one matters. */
  get story(): string[] {
    const begun = this.sizes.findLastIndex(({ offset }) => offset === 0);
    const end = `end behind ${this.received} ${this.hash.copy().digest('hex')}`;
    return [...this.sizes.slice(Math.max(0, begun)).map(({ line }) => line), end];
  }

  /** Waits until everything up to `offset` has come and is parsed, and the last size is that one. */
  async reaches(offset: number, size: string, ms = 120_000): Promise<void> {
    const there = () => {
      if (this.received < offset || this.size !== size) return false;
      this.writeHeld();
      return this.parsed >= offset;
    };
    await eventually(there, { within: ms, what: 'the terminal to have it all' }).catch((error: unknown) => {
      const { clientId } = this.options;
      const place = `${clientId} is at ${this.parsed} of ${offset}, ${this.size} instead of ${size}`;
      throw new Error(`${String(error)}: ${place}; ${this.connections} connections, ${JSON.stringify(this.state)}`, {
        cause: error,
      });
    });
    await new Promise<void>((resolve) => this.terminal.write('', resolve));
  }

  private writeHeld(): void {
    this.held?.();
    this.held = undefined;
  }

  /** Every cell of both buffers, scrolled lines too, which lines go on in the next, and the cursor. */
  cells(): string[] {
    const { buffer } = this.terminal;
    const { active } = buffer;
    const lines = [buffer.normal, buffer.alternate].flatMap((each) =>
      Array.from({ length: each.length }, (_, row) => `${each.type} ${row} ${lineOf(each.getLine(row))}`),
    );
    return [`${active.type} cursor ${active.cursorX},${active.cursorY} base ${active.baseY}`, ...lines];
  }

  /** What a person sees. */
  shown(): string[] {
    const { buffer, cols, rows } = this.terminal;
    const { active } = buffer;
    const lines = Array.from({ length: rows }, (_, row) => lineOf(active.getLine(active.baseY + row)));
    return [`${cols}x${rows} ${active.type} cursor ${active.cursorX},${active.cursorY}`, ...lines];
  }

  /** Breaks the connection as a lost network does. */
  cut(): void {
    this.connection.cut();
  }

  close(): void {
    this.connection.close();
    this.terminal.dispose();
  }
}

function lineOf(line: xterm.IBufferLine | undefined): string {
  const cells = Array.from({ length: line?.length ?? 0 }, (_, column) => {
    const cell = line?.getCell(column);
    return cell ? `${cell.getChars()}${cell.getWidth()}${cell.getFgColor()},${cell.getBgColor()},${cell.isBold()}` : '-';
  });
  return `${line?.isWrapped === true ? '+' : ''} ${cells.join('|')}`;
}
