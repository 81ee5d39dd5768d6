import type { LogItem, LoggedSession, ScreenStore, SessionLogReader, StoredScreen } from '@berth/log';
import { ScreenFold } from '@berth/screen';
import type { SessionToFold } from './messages.js';

/** Output read at a time: enough that the way to Redis costs little, and all that a fold holds besides its terminal. */
const READ_BYTES = 256 * 1024;
/** Output parsed before the clock is looked at: 0.04 ms of ordinary output, 0.4 s of the worst. */
const PIECE_BYTES = 2 * 1024;
/** A turn ends after so many milliseconds: what else waits comes soon, and the change costs nothing. */
const TURN_MS = 10;

export interface FoldSources {
  reader: Pick<SessionLogReader, 'read'>;
  screens: Pick<ScreenStore, 'newest'>;
  /** Runs a short piece of work when its turn has come. */
  takeTurn<T>(work: () => T): Promise<T>;
  /** CPU time so far, in milliseconds. */
  cpuMs(): number;
}

/** A session's screen, and what it shows as text: a line a row, blanks at the ends left out. */
export interface FoldedScreen extends StoredScreen {
  text: string;
}

export interface AdvanceOptions {
  /** About how many bytes to take at most. */
  max?: number;
  signal?: AbortSignal;
  /** Asked after each turn: whether to stop there. */
  enough?(): boolean;
}

type SizeItem = Extract<LogItem, { type: 'size' }>;

/** What a screen lacks when output before it was never logged, or is gone: this is said of it from then on. */
const GAP_LOSS = 'gap';

/** Folds a session's log into a terminal, from its newest checkpoint or its first byte, in turns. */
export class LogFold {
  readonly #losses: Set<string>;
  /** Where the terminal's size changed last: the log gives the changes at an offset to whoever reads from there, so no checkpoint may be taken there. */
  #resizedAt = -1;
  /** Sizes behind the last byte taken; they wait for what follows, so that a checkpoint can be taken before them. */
  #trailing: SizeItem[] = [];
  /** Of the last size taken at {@link offset}. */
  #sequence = 0;

  private constructor(
    private readonly sources: FoldSources,
    private readonly session: LoggedSession,
    private readonly fold: ScreenFold,
    losses: readonly string[],
  ) {
    this.#losses = new Set(losses);
  }

  /** Rejects with `unavailable` while Redis is away. Who opens it disposes of it. */
  static async open(sources: FoldSources, session: SessionToFold): Promise<LogFold> {
    const stored = await sources.screens.newest(session);
    if (!stored) {
      const { cols, rows, runs } = session;
      const fold = await sources.takeTurn(() => new ScreenFold({ cols, rows, offset: runs[0]?.base ?? 0 }));
      return new LogFold(sources, session, fold, []);
    }
    const fold = await sources.takeTurn(() => ScreenFold.resume({ ...stored, serialized: new TextDecoder().decode(stored.serialized) }));
    return new LogFold(sources, session, fold, stored.losses);
  }

  /** Offset behind the last byte taken. */
  get offset(): number {
    return this.fold.offset;
  }

  /**
   * Takes the next stretch of the log, in turns; false when nothing more is there now. Rejects with `unavailable` while Redis is away, and when the
   * signal aborts.
   */
  async advance(options: AdvanceOptions = {}): Promise<boolean> {
    const { max = READ_BYTES } = options;
    const known = this.#trailing.at(-1)?.sequence ?? this.#sequence;
    const items = await this.sources.reader.read(this.session, { from: this.offset, sequence: known, max: Math.min(max, READ_BYTES) });
    const all = [...this.#trailing, ...items];
    const last = all.findLastIndex(({ type }) => type !== 'size');
    // When it stops before the end of what was read, that is read again, with everything behind it.
    this.#trailing = [];
    for (const item of all.slice(0, last + 1)) {
      if (item.type === 'bytes') {
        if (!(await this.#write(item.bytes, options))) return true;
      } else if (item.type === 'size') this.#resize(item);
      else this.#skip(item.to);
    }
    this.#trailing = all.slice(last + 1) as SizeItem[];
    return items.length > 0;
  }

  /** The terminal as a checkpoint from which the log goes on; undefined right behind a change of size, where none can be taken. */
  async checkpoint(): Promise<FoldedScreen | undefined> {
    const screen = await this.#screen();
    return screen.offset > this.#resizedAt ? screen : undefined;
  }

  /** The terminal at the end of the log, in its last size. The fold is of no use afterwards. */
  async finish(): Promise<FoldedScreen> {
    for (const item of this.#trailing) this.#resize(item);
    return this.#screen();
  }

  dispose(): void {
    this.fold.dispose();
  }

  /** False when it was told to stop before the last byte. */
  async #write(bytes: Uint8Array, { signal, enough }: AdvanceOptions): Promise<boolean> {
    const { takeTurn, cpuMs } = this.sources;
    this.#sequence = 0;
    for (let at = 0; at < bytes.length;) {
      signal?.throwIfAborted();
      await takeTurn(() => {
        const until = cpuMs() + TURN_MS;
        do {
          this.fold.write(bytes.subarray(at, at + PIECE_BYTES));
          at += PIECE_BYTES;
        } while (at < bytes.length && cpuMs() < until);
      });
      if (at < bytes.length && enough?.() === true) return false;
    }
    return true;
  }

  #skip(to: number): void {
    this.fold.skipTo(to);
    this.#sequence = 0;
    this.#losses.add(GAP_LOSS);
  }

  #resize({ sequence, cols, rows }: SizeItem): void {
    if (sequence < this.#sequence) return;
    this.#sequence = sequence;
    if (cols === this.fold.cols && rows === this.fold.rows) return;
    // A terminal that nothing was written to is the same after a change as if it had had that size from the start.
    if (this.offset > (this.session.runs[0]?.base ?? 0)) this.#resizedAt = this.offset;
    this.fold.resize(cols, rows);
  }

  async #screen(): Promise<FoldedScreen> {
    const { offset, cols, rows, serialized, text, losses } = await this.sources.takeTurn(() => this.fold.checkpoint());
    return {
      offset,
      cols,
      rows,
      serialized: new TextEncoder().encode(serialized),
      text,
      losses: [...new Set([...this.#losses, ...losses])],
    };
  }
}
