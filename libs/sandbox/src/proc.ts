import { readdirSync, readFileSync } from 'node:fs';

/** One process as the kernel describes it in /proc/<pid>/stat. */
interface ProcStat {
  pid: number;
  /** One letter: R S D T Z … */
  state: string;
  parent: number;
  group: number;
  session: number;
  /** Clock ticks after boot. */
  startTime: number;
}

/** The process's line in /proc; undefined when there is no such process or no /proc. */
function procStat(pid: number): ProcStat | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything, spaces and parentheses too: what follows the last one is in proc(5)'s order from field 3.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group, session] = fields;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session), startTime: Number(fields[19]) };
}

/** Every process on the machine that could be read; empty where there is no /proc. */
export function allProcesses(): ProcStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => procStat(Number(name)) ?? []);
}

/** When the process started, in clock ticks after boot: with the pid it names a process for good, for pids are used again. */
export function processStartTime(pid: number): number | undefined {
  return procStat(pid)?.startTime;
}
