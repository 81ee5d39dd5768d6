import type { HostServices } from './host-services.js';

/** A log that keeps nothing; the benchmark measures what keeping costs. */
export const noLog: HostServices['log'] = {
  appender: () => ({ append: () => Promise.resolve('ok') }),
  expire: () => Promise.resolve(),
};
