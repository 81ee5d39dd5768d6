import { readdirSync, readFileSync } from 'node:fs';

/**
 * Seconds of processor that these processes have used since their start, all threads that still live, children not included. From the scheduler's own
 * account in nanoseconds: the counters of `stat` move in steps of 10 ms, more than an idle process uses in seconds.
 */
export function cpuSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  return nanoseconds / 1e9;
}

/** Sum of resident memory in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  return kib * 1024;
}
