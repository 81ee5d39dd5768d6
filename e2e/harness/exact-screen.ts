import { setTimeout as sleep } from 'node:timers/promises';
import { differences, Viewer } from '@berth/screen/testing';
import { eventually } from './eventually.js';
import { write } from './frames.js';
import type { Frame, FrameOf } from './frames.js';
import { RawSocket } from './raw-socket.js';
import type { ScreenOptions } from './screen.js';

/** What viewers keep above the screen, as the product's own do. */
const SCROLLBACK = 1_000;
/** Lines are long, and one that is all different says enough at its start. */
const MESSAGE_CHARS = 200;
/** A terminal that has said nothing for so long waits for a key. */
const QUIET_MS = 60;
/** Some keys have no answer, and some programs never rest. */
const ANSWER_MS = 300;
const RESTLESS_MS = 1_000;

type Size = { cols: number; rows: number };
type Shown = { at: number } & ({ bytes: Buffer } | Size);

/** A terminal that is compared with another one to the last margin; it parses what comes in the same turn. */
export class ExactScreen {
  viewer = new Viewer({ cols: 80, rows: 24, scrollback: SCROLLBACK });
  /** Output that has been shown, or that a screen stood for. */
  position = 0;
  readonly screens: FrameOf<'screen'>[] = [];
  readonly gaps: FrameOf<'gap'>[] = [];
  private readonly history: Shown[] = [];
  private socket: RawSocket | undefined;
  private attached = false;
  private lastOutputAt = performance.now();
  private lastKeyAt = 0;
  private epoch = 0;
  /** Input is numbered from 1 in each run. */
  private inputSeq = 0;

  /** Attaches at the session's first byte. */
  static async open(options: ScreenOptions): Promise<ExactScreen> {
    const screen = new ExactScreen();
    const { address, sessionId, token, clientId, drive = false, cols = 80, rows = 24 } = options;
    screen.viewer.terminal.onData((answer) => {
      if (drive) screen.press(answer);
    });
    screen.socket = await RawSocket.attach(
      address,
      sessionId,
      { clientId, drive, cols, rows, haveUpTo: 0 },
      { token, keep: false, onFrame: (frame) => screen.take(frame) },
    );
    await eventually(() => screen.attached, { what: `${clientId} is attached` });
    return screen;
  }

  press(keys: string): void {
    this.lastKeyAt = performance.now();
    this.inputSeq += 1;
    this.socket?.input(this.inputSeq, keys);
  }

  resize(cols: number, rows: number): void {
    this.lastKeyAt = performance.now();
    this.socket?.send(write.resize(cols, rows));
  }

  close(): void {
    this.socket?.destroy();
    this.viewer.terminal.dispose();
  }

  get size(): Size {
    return { cols: this.viewer.terminal.cols, rows: this.viewer.terminal.rows };
  }

  /** The visible text, a line a row. */
  text(): string {
    const { active } = this.viewer.terminal.buffer;
    const { rows } = this.viewer.terminal;
    return Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '').join('\n');
  }

  async shows(what: string): Promise<void> {
    await eventually(() => this.text().includes(what), { within: 20_000, what: `the screen shows ${what}` }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows\n${this.text()}`);
    });
  }

  /** Resolves when the answer to what was pressed is over, as far as anybody can tell. */
  async rests(): Promise<void> {
    for (const since = performance.now(); performance.now() < since + RESTLESS_MS; await sleep(10)) {
      const patience = this.lastOutputAt > this.lastKeyAt ? QUIET_MS : ANSWER_MS;
      if (performance.now() - Math.max(this.lastOutputAt, this.lastKeyAt) > patience) return;
    }
  }

  /** A terminal that has seen everything that this one has, up to an offset; of the changes of size there, those up to the given one. */
  upTo(offset: number, size: Size): Viewer {
    const viewer = new Viewer({ cols: 80, rows: 24, scrollback: SCROLLBACK });
    for (const shown of this.history) {
      if (shown.at > offset) break;
      if ('cols' in shown) {
        if (shown.at === offset && viewer.terminal.cols === size.cols && viewer.terminal.rows === size.rows) break;
        viewer.resize(shown.cols, shown.rows);
      } else {
        viewer.write(shown.bytes.subarray(0, offset - shown.at));
      }
    }
    return viewer;
  }

  /** Where its size changed, for a failure's message. */
  sizes(): string {
    return this.history
      .map((shown) => ('cols' in shown ? `${shown.cols}x${shown.rows} at ${shown.at}` : ''))
      .filter(Boolean)
      .join(', ');
  }

  /** Throws what has gone wrong with what came. */
  check(): void {
    if (this.socket?.broken) throw this.socket.broken;
    if (this.socket?.ending) throw new Error(`closed with ${this.socket.ending.code} ${this.socket.ending.reason}`);
  }

  /** What differs between another terminal and one that has seen everything up to where that one is. */
  async differencesOf(other: ExactScreen): Promise<string[]> {
    this.check();
    other.check();
    const { viewer, position, size } = other;
    // Nothing of `other` may be shown meanwhile: this terminal is first brought to where it is.
    if (this.position < position) {
      await eventually(() => this.position >= position, { what: 'the first terminal has it too' });
      return this.differencesOf(other);
    }
    const whole = this.upTo(position, size);
    const found = differences(whole, viewer).map((difference) => difference.slice(0, MESSAGE_CHARS));
    whole.terminal.dispose();
    return found;
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case 'attached':
        this.attached = true;
        this.epoch = frame.epoch;
        this.inputSeq = frame.lastInputSeq;
        this.fit(frame);
        break;
      case 'resize':
        this.fit(frame);
        break;
      case 'output':
        if (frame.offset !== this.position) throw new Error(`OUTPUT at ${frame.offset}, wanted ${this.position}`);
        this.history.push({ at: frame.offset, bytes: frame.bytes });
        this.position += frame.bytes.length;
        this.lastOutputAt = performance.now();
        this.viewer.write(frame.bytes);
        this.socket?.send(write.ack(this.position));
        break;
      case 'screen':
        this.screens.push(frame);
        this.position = frame.offset;
        this.fit(frame);
        this.viewer.write(Buffer.from(frame.serialized));
        this.socket?.send(write.ack(this.position));
        break;
      case 'gap':
        this.gaps.push(frame);
        this.position = frame.to;
        break;
      case 'state':
        if (frame.run.epoch > this.epoch) this.inputSeq = 0;
        this.epoch = Math.max(this.epoch, frame.run.epoch);
        break;
      case 'reject':
        throw new Error(`input ${frame.inputSeq} was rejected: ${frame.code}`);
      default:
    }
  }

  private fit({ cols, rows }: Size): void {
    this.history.push({ at: this.position, cols, rows });
    if (cols !== this.size.cols || rows !== this.size.rows) this.viewer.resize(cols, rows);
  }
}
