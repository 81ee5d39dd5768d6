import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** One process for ever: a pid is given out again, a pid with its start time is not. */
export interface ProcessId {
  pid: number;
  /** Clock ticks after boot. */
  started: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Fields of /proc/<pid>/stat from the third (state) on; the second may hold blanks and brackets. */
function statFields(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The process that has this pid now; undefined when there is none, or only one that waits to be reaped. */
export function identify(pid: number): ProcessId | undefined {
  const fields = statFields(pid);
  if (!fields || 'ZX'.includes(fields[0] ?? 'X')) return undefined;
  return { pid, started: fields[19] ?? '' };
}

/** Whether exactly this process still runs (stopped counts). */
export const isAlive = (process: ProcessId): boolean => identify(process.pid)?.started === process.started;

/** Everything that a process has started, directly or not, and that still runs. */
export function descendants(pid: number): ProcessId[] {
  const parents = new Map(pids().map((each) => [each, Number(statFields(each)?.[1])]));
  const found = [pid];
  for (const each of found) for (const [child, parent] of parents) if (parent === each) found.push(child);
  return found.slice(1).flatMap((each) => identify(each) ?? []);
}

/** Processes one of whose arguments contains the text: finds what has left its family by setsid. */
export const withArgument = (text: string): ProcessId[] =>
  pids()
    .filter((pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`).includes(text))
    .flatMap((pid) => identify(pid) ?? []);

/** Processes whose environment at their start held `name=value`. */
export const withVariable = (name: string, value: string): ProcessId[] =>
  pids()
    .filter((pid) => pid !== process.pid && read(`/proc/${pid}/environ`).split('\0').includes(`${name}=${value}`))
    .flatMap((pid) => identify(pid) ?? []);

/** Processes whose working directory is in this folder. */
export const runningIn = (folder: string): ProcessId[] =>
  pids()
    .filter((pid) => link(`/proc/${pid}/cwd`).startsWith(`${folder}/`))
    .flatMap((pid) => identify(pid) ?? []);

/** Environment of a process at its start. */
export const environmentOf = (pid: number): string => read(`/proc/${pid}/environ`);

/** Program and arguments of a process, separated by blanks; empty once it has ended. */
export const commandLineOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** Number of open descriptors. */
export const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resident memory in MiB. */
export const residentMiB = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;

/** Sends a signal; a process that is gone already is no error. */
export function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
