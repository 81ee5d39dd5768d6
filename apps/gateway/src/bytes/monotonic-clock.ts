import type { Clock } from '@berth/session';

/** The machine's monotonic clock. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
