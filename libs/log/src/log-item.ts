import type { GapReason } from '@berth/protocol';
import type { TerminalSize } from '@berth/session';

/**
 * Output in order: bytes, or the exact range that cannot be had, or the terminal's size. A size stands before the first bytes of each read and
 * at each change; the log of an earlier version has none. Its `sequence` grows among the changes at one offset and is 0 for the size before them.
 */
export type LogItem =
  | { type: 'bytes'; offset: number; bytes: Buffer }
  | { type: 'gap'; from: number; to: number; reason: GapReason }
  | ({ type: 'size'; offset: number; sequence: number } & TerminalSize);

/** What to read. */
export interface LogRange {
  /** First offset wanted. */
  from: number;
  /**
   * Sequence of the last change of size at `from` that is known: only later ones are told, also when nothing else is there. Without it all
   * are, but only before bytes or a gap: an answer is empty when there is no more output.
   */
  sequence?: number;
  /** Bytes, about: the last entry is given whole. */
  max: number;
}
