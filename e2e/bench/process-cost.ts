import { readFileSync } from 'node:fs';

/** The kernel's clock ticks; 100 on every Linux that we know. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor that these processes have used since their start, all threads, children not included. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Sum of resident memory in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  return kib * 1024;
}
