import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { lastLines } from '../lib/children.mjs';

/** A log is set aside (one generation) when it has grown past this at a start. */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** The last lines of a log file; empty when there is none. */
export function tailOf(path, count) {
  return existsSync(path) ? lastLines(readFileSync(path, 'utf8').slice(-64 * 1024), count) : '';
}

/** Starts a fresh log when the old one has grown large. */
export function rotateLog(path) {
  if (!existsSync(path) || statSync(path).size < ROTATE_BYTES) return;
  rmSync(`${path}.1`, { force: true });
  renameSync(path, `${path}.1`);
}
