import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file as a whole: a reader sees the old or the new content, never half of one, also after a crash. */
export function writeWhole(path, content, mode = 0o644) {
  const aside = `${path}.${process.pid}.new`;
  writeFileSync(aside, content, { mode });
  chmodSync(aside, mode);
  renameSync(aside, path);
}

/** The parsed JSON file, or undefined when it is absent or not JSON. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A secret of 32 random bytes (hex) kept in a file of mode 0600; made on first use. */
export function keepSecret(path) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) writeWhole(path, `${randomBytes(32).toString('hex')}\n`, 0o600);
  return readFileSync(path, 'utf8').trim();
}
