import type { RunState, RunUpdate } from '@berth/protocol';
import { hasReached } from '@berth/protocol';
import type { SessionPlacement } from '@berth/store';
import type { RunLink } from './run-link.js';

/** Where a session stands, as its viewers need to know it. */
export interface Standing {
  update: RunUpdate;
  /** The session is over for good, not only this run. */
  final: boolean;
  /** The reachable live run. */
  run: RunLink | undefined;
  /** No offset at or past it has been seen. */
  offsetLimit: number;
  /** Offset behind the last byte, as far as the store knows. */
  head: number;
  cols: number;
  rows: number;
  /** Every run that has closed is known to its last byte. */
  endsKnown: boolean;
}

/** Whether a host owns a run in this state. */
export const isOwned = (state: RunState): boolean => state !== 'queued' && state !== 'closed';

/** What the store says of the current run. */
export const updateOf = ({ epoch, state, closeReason, exitCode }: SessionPlacement): RunUpdate => ({
  epoch,
  state,
  ...(closeReason === undefined ? {} : { closeReason }),
  ...(exitCode === undefined ? {} : { exitCode }),
});

/**
 * Whether news replaces what is known: a higher epoch, or a later state of the same run. A closed run of a session that was woken is
 * followed by `queued` with the same epoch; only the store says that, `fromStore`.
 */
export function isNews(known: RunUpdate, news: RunUpdate, fromStore: boolean): boolean {
  if (news.epoch !== known.epoch) return news.epoch > known.epoch;
  if (news.state === 'queued') return fromStore && (known.state === 'closed' || known.state === 'queued');
  return hasReached(news.state, known.state);
}
