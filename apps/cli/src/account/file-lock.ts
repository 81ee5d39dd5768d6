import { closeSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Nothing that is done under the lock takes this long: its holder is gone, or its machine was. */
const STALE_MS = 60_000;
/** How long a lock that others hold is waited for: two of their slowest renewals. */
const WAIT_MS = 70_000;
const LOOK_MS = 25;

/**
 * Runs `work` while no other process runs its own under the same path. A lock whose holder has died is taken over. The lock saves renewals; what two
 * holders at once would do to each other, the server forgives for a moment.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + WAIT_MS;
  while (!taken(path)) {
    if (isStale(path)) putAside(path);
    else if (performance.now() > end) throw new Error(`${path} is held by another process`);
    else await sleep(LOOK_MS);
  }
  try {
    return await work();
  } finally {
    remove(path);
  }
}

function taken(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(path: string): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) return true;
    const pid = Number(readFileSync(path, 'utf8'));
    // Just made, and its number not written yet.
    return pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** By renaming, so that of two who find it stale at once one does so. */
function putAside(path: string): void {
  const aside = `${path}.${String(process.pid)}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  remove(aside);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody who took us for dead has removed it.
  }
}
