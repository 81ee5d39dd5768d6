import { MARKS_IN_RING } from './limits.js';
import type { OutputPlace, Sizes, SizeMark, TerminalSize } from './ports.js';
import { MARKS_KEPT, sequenceBase } from './ports.js';

/** Whether a mark comes behind a place. */
const isBehind = (mark: OutputPlace, place: OutputPlace): boolean =>
  mark.offset > place.offset || (mark.offset === place.offset && mark.sequence > place.sequence);

/** The terminal's sizes over the last part of a run's output: {@link MARKS_KEPT} changes at one offset, {@link MARKS_IN_RING} in all. */
export class SizeHistory implements Sizes {
  /** In order. */
  readonly #marks: SizeMark[] = [];
  #size: TerminalSize;
  #start: number;

  constructor(
    private readonly run: { base: number; epoch: number },
    size: TerminalSize,
  ) {
    this.#start = run.base;
    this.#size = { cols: size.cols, rows: size.rows };
  }

  /** At the end of the output. */
  get size(): TerminalSize {
    return this.#size;
  }

  /** Offset from which on every change is known, but for a storm at one offset. */
  get start(): number {
    return this.#start;
  }

  /** The size changes behind all output, which ends at `offset`. */
  add(offset: number, { cols, rows }: TerminalSize): SizeMark {
    const marks = this.#marks;
    const last = marks.at(-1);
    const sequence = last?.offset === offset ? last.sequence + 1 : sequenceBase(this.run.epoch) + 1;
    const mark = { offset, sequence, before: this.#size, cols, rows };
    this.#size = { cols, rows };
    marks.push(mark);
    const first = marks.length - 1 - MARKS_KEPT;
    if (marks[first]?.offset === offset) marks.splice(first, 1);
    // What is known begins with the byte behind the change that goes.
    if (marks.length > MARKS_IN_RING) this.trim((marks[0]?.offset ?? offset) + 1);
    return mark;
  }

  /** Output before `offset` is not kept any more, and neither are its changes. */
  trim(offset: number): void {
    this.#start = Math.max(this.#start, offset);
    let dropped = 0;
    while ((this.#marks[dropped]?.offset ?? offset) < offset) dropped += 1;
    if (dropped > 0) this.#marks.splice(0, dropped);
  }

  at(place: OutputPlace): TerminalSize {
    return this.next(place)?.before ?? this.#size;
  }

  next(place: OutputPlace): SizeMark | undefined {
    const marks = this.#marks;
    const last = marks.at(-1);
    if (last === undefined || !isBehind(last, place)) return undefined;
    let [from, to] = [0, marks.length - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      const mark = marks[middle];
      if (mark && isBehind(mark, place)) to = middle;
      else from = middle + 1;
    }
    return marks[from];
  }
}
