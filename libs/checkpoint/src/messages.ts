import type { LoggedSession } from '@berth/log';
import type { RunIdentity } from '@berth/session';
import type { FoldedScreen } from './log-fold.js';

/** A session whose log is to be folded, and the size of a terminal that has not been written to. */
export interface SessionToFold extends LoggedSession {
  cols: number;
  rows: number;
}

/** To the checkpoint process. `job` numbers a request; its answers carry the same number. */
export type ParentMessage =
  /** The first message. */
  | { type: 'settings'; redisUrl: string }
  /** The screen at the end of the session's log is wanted. */
  | { type: 'screen'; job: number; session: SessionToFold }
  /** The log of `run`, the last one of the session, is to be folded up to its end; a checkpoint is stored each `stepBytes`. */
  | { type: 'fold'; job: number; session: SessionToFold; run: RunIdentity; stepBytes: number }
  /** Nobody waits for this job any more. */
  | { type: 'cancel'; job: number };

/** From the checkpoint process. */
export type ChildMessage =
  | { type: 'screen'; job: number; screen: FoldedScreen }
  /** A checkpoint is stored: output before `offset` is not needed any more. */
  | { type: 'saved'; job: number; offset: number }
  /** These jobs have come further since they were named last. */
  | { type: 'progress'; jobs: number[] }
  /** The end of the log has been reached. */
  | { type: 'folded'; job: number }
  /** `unavailable`: Redis is away, ask again; `internal`: asking again would give the same. */
  | { type: 'failed'; job: number; code: 'unavailable' | 'internal' };
