import type { Clock } from '@berth/session';

/**
 * Monotonic milliseconds of this machine: host and guardian read the same clock, so one may send a time to the other. It goes on while a
 * process is stopped.
 */
export const monotonicClock: Clock = {
  now: () => Number(process.hrtime.bigint()) / 1e6,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
