import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const LINUX = process.platform === 'linux';

/** Set in the environment of every process we start; a nested start adds its own mark after a comma. */
export const MARK_VARIABLE = 'BERTH_STARTED_BY';

let bootId;
function boot() {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return bootId;
}

function readOr(path, fallback) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return fallback;
  }
}

/** `[state, parent pid, group, …]` of /proc/<pid>/stat from its third field on; the second may contain blanks and brackets. */
function statFields(pid) {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat ? stat.slice(stat.lastIndexOf(')') + 2).split(' ') : undefined;
}

/** When the process started, as an opaque text that differs after the pid was reused; undefined when it is gone or a zombie. */
export function processStart(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (LINUX) {
    const fields = statFields(pid);
    return !fields || 'ZX'.includes(fields[0]) ? undefined : `${boot()}/${fields[19]}`;
  }
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state && !state.startsWith('Z') ? started.join(' ') : undefined;
  } catch {
    return undefined;
  }
}

/** `{ pid, started }`: names one process for ever, unlike a pid. */
export function identify(pid) {
  return { pid, started: processStart(pid) };
}

/** Whether exactly that process (not another one under its pid) still runs. */
export function isAlive(process) {
  return process?.started !== undefined && processStart(process.pid) === process.started;
}

/** Our parent and, when that is only a shell (npm's `sh -c`), the parent behind it. */
export function parents() {
  const found = [identify(process.ppid)];
  const shell = /^\S+ \((?:ba|da|z|k|)sh\) /.test(readOr(`/proc/${process.ppid}/stat`, ''));
  if (shell) found.push(identify(Number(statFields(process.ppid)[1])));
  return found.filter((each) => each.started !== undefined);
}

/** Signals a pid or (negative) a group; a process that is gone already is no error. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function pids() {
  return LINUX
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];
}

/** Pids whose environment at exec carried the mark: whatever started it, however often it was handed on. Linux only, else none. */
export function markedProcesses(mark) {
  return pids().filter((pid) => {
    if (pid === process.pid || processStart(pid) === undefined) return false;
    const entry = readOr(`/proc/${pid}/environ`, '')
      .split('\0')
      .find((line) => line.startsWith(`${MARK_VARIABLE}=`));
    return (
      entry !== undefined &&
      entry
        .slice(MARK_VARIABLE.length + 1)
        .split(',')
        .includes(mark)
    );
  });
}

/** Pids of programs `names` (Postgres, Redis: they overwrite their own environment) with `folder` as their working directory. */
export function processesIn(folder, names) {
  return pids().filter((pid) => {
    try {
      // Debian's redis-server is a link to another program: the name it was started by tells, not the file.
      if (!names.includes(readOr(`/proc/${pid}/comm`, '').trim())) return false;
      return readlinkSync(`/proc/${pid}/cwd`) === folder && processStart(pid) !== undefined;
    } catch {
      return false;
    }
  });
}

/** All live children of a process, their children and so on, the nearest first. */
export function descendants(pid) {
  const parentOf = new Map(pids().map((each) => [each, Number(statFields(each)?.[1])]));
  const found = [pid];
  for (const each of found) for (const [child, parent] of parentOf) if (parent === each) found.push(child);
  return found.slice(1).filter((each) => processStart(each) !== undefined);
}
