import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** One process as /proc describes it; `startTime` in clock ticks after boot. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  startTime: number;
}

/** A process by number and start time: the two together are never given to a second one. Start time 0 = not known (no /proc here). */
export type ProcessRef = Pick<ProcessEntry, 'pid' | 'startTime'>;

/** A process that can still run; undefined for what is dead, a zombie that nobody has reaped included. */
export function processEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    // The name in parentheses may hold anything: the fields behind its end are counted.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, parent: Number(fields[1]), startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export const processRef = (pid: number): ProcessRef => ({ pid, startTime: processEntry(pid)?.startTime ?? 0 });

/** Whether exactly this process still exists; false where nobody can tell. */
export const isAlive = (process: ProcessRef): boolean => processEntry(process.pid)?.startTime === process.startTime;

let table: ProcessEntry[] | undefined;

/** Every process; read once a turn, for a worker that ends sixty sessions at once asks sixty times. */
function processes(): ProcessEntry[] {
  if (table) return table;
  const names = existsSync('/proc') ? readdirSync('/proc') : [];
  table = names.flatMap((name) => (/^\d+$/.test(name) ? (processEntry(Number(name)) ?? []) : []));
  setImmediate(() => {
    table = undefined;
  });
  return table;
}

/** Everything below a process, itself not included. */
export function descendants(pid: number): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (let parents = new Set([pid]); parents.size > 0;) {
    const children = processes().filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Sends a signal to exactly this process, if it still exists. */
export function signal(process: ProcessRef, name: NodeJS.Signals): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
