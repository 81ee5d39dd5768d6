import { linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive } from './process-table.mjs';

/*
 * A lock is the highest of the files `<path>.<n>`; it is free when that file's process is dead or said that it let go.
 * Taking it = creating `<path>.<n+1>`, whole and only once (link fails when it exists). The highest file is never removed,
 * so nobody can take a stale lock from under somebody who took it first.
 */

function generations(path) {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

function readHolder(path, generation) {
  try {
    return JSON.parse(readFileSync(`${path}.${generation}`, 'utf8'));
  } catch {
    return undefined;
  }
}

function writeAside(path, content) {
  const aside = join(dirname(path), `.${basename(path)}-${process.pid}-${Math.random().toString(36).slice(2)}`);
  writeFileSync(aside, JSON.stringify(content), { mode: 0o644 });
  return aside;
}

/**
 * Takes the lock or says who has it: `{ release() }` or `{ holder }` (the holder's process and what it noted about itself).
 * @param {string} path @param {object} [note] facts about the holder for others to read
 */
export function tryLock(path, note = {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const last = generations(path).at(-1) ?? 0;
    const holder = last > 0 ? readHolder(path, last) : undefined;
    if (holder && !holder.released && isAlive(holder.process)) return { holder };

    const mine = `${path}.${last + 1}`;
    const aside = writeAside(path, { process: identify(process.pid), ...note });
    try {
      linkSync(aside, mine);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      continue;
    } finally {
      rmSync(aside, { force: true });
    }
    const now = generations(path);
    if (now.at(-1) !== last + 1) {
      // We were slow: others took and passed on higher numbers, and cleaned ours away before we made it again.
      rmSync(mine, { force: true });
      continue;
    }
    for (const older of now.slice(0, -1)) rmSync(`${path}.${older}`, { force: true });
    return { release: () => renameSync(writeAside(path, { released: true }), mine) };
  }
}

/** Runs `work` while holding the lock, after waiting for its holder; `onWait(holder)` is called once if there is one. */
export async function withLock(path, { stop, onWait }, work) {
  let told = false;
  for (;;) {
    const lock = tryLock(path);
    if (lock.release) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!told) onWait(lock.holder);
    told = true;
    await sleep(200);
    stop.throwIfRequested();
  }
}
