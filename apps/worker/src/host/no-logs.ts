import type { RunAppender } from '@berth/log';
import type { RunLogs } from './host-services.js';

const KEEPS_NOTHING: RunAppender = {
  append: () => Promise.resolve('ok'),
  mark: () => Promise.resolve('ok'),
  trim: () => undefined,
  costFrom: () => 0,
};

/** Logs that keep nothing; the benchmark measures what keeping costs. */
export const noLogs: RunLogs = {
  open: () => ({ log: KEEPS_NOTHING, close: () => undefined }),
  expire: () => Promise.resolve(),
};
