import { spawn } from 'node:child_process';
import { descendants, identify, isAlive, MARK_VARIABLE, signal } from './process-table.mjs';
import { ToolError } from './tool-error.mjs';

const GROUP_GONE_CHECK_MS = 20;
const KEPT_OUTPUT = 64 * 1024;

/** The environment with our marks added, so that what a child starts can be found after any death. */
export function withMark(env, ...marks) {
  const outer = process.env[MARK_VARIABLE];
  return { ...env, [MARK_VARIABLE]: [...(outer ? [outer] : []), ...marks].join(',') };
}

/**
 * Starts a program in a process group of its own: a terminal's ^C then reaches only us, once, and we decide the order.
 * @returns {{ process: import('node:child_process').ChildProcess, pid: number, identity: { pid: number, started?: string }, exited: Promise<{ code: number | null, signal: string | null, error?: Error }> }}
 */
export function startChild(file, args, { cwd, env, uid, gid, stdio = ['ignore', 'ignore', 'ignore'] }) {
  const child = spawn(file, args, { cwd, env, stdio, detached: true, ...(uid === undefined ? {} : { uid, gid }) });
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, name) => resolve({ code, signal: name }));
  });
  return { process: child, pid: child.pid, identity: identify(child.pid), exited };
}

async function goneWithin(ms, processes, hurry) {
  const end = Date.now() + ms;
  while (processes.some(isAlive)) {
    if (Date.now() > end || hurry?.aborted) return false;
    await new Promise((resolve) => setTimeout(resolve, GROUP_GONE_CHECK_MS));
  }
  return true;
}

/** Asks each process to end, waits at most `graceMs` for all, then kills what is left. Identities, not pids: a reused pid is never hit. */
export async function endProcesses(identities, { name = 'SIGTERM', graceMs, hurry }) {
  const alive = identities.filter(isAlive);
  for (const each of alive) signal(each.pid, name);
  if (await goneWithin(graceMs, alive, hurry)) return;
  for (const each of alive.filter(isAlive)) signal(each.pid, 'SIGKILL');
  await goneWithin(5000, alive);
}

/** Ends a child with everything it has started; returns when all of it is gone. */
export async function endChild(child, { name = 'SIGTERM', graceMs, hurry }) {
  const tree = descendants(child.pid).map(identify);
  await endProcesses([child.identity], { name, graceMs, hurry });
  signal(-child.pid, 'SIGKILL');
  for (const each of tree.filter(isAlive)) signal(each.pid, 'SIGKILL');
  await goneWithin(5000, tree);
}

/**
 * Runs a program to its end; its output is kept for the error. Rejects with ToolError `failure` when it fails, with Stopped (after ending it) on a stop.
 * @returns {Promise<string>} its stdout
 */
export async function runStep(file, args, { stop, failure, detailLines = 30, ...options }) {
  const child = startChild(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let kept = '';
  const closed = new Promise((resolve) => child.process.once('close', resolve));
  child.process.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    kept = (kept + text).slice(-KEPT_OUTPUT);
  });
  child.process.stderr.setEncoding('utf8').on('data', (text) => {
    kept = (kept + text).slice(-KEPT_OUTPUT);
  });
  try {
    const result = await stop.race(child.exited);
    if (result.error) throw new ToolError(`${failure}: ${result.error.message}`);
    await stop.race(closed);
    if (result.code !== 0)
      throw new ToolError(`${failure} (${result.signal ?? `exit code ${result.code}`})`, { detail: lastLines(kept, detailLines) });
    return stdout;
  } finally {
    if (child.pid !== undefined) await endChild(child, { graceMs: 3000, hurry: stop.hurry });
  }
}

/** The last lines of a text, without trailing blanks. */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
