import { createHash } from 'node:crypto';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The installed packages' executables; the packaged Node is among them. */
export const BIN = join(ROOT, 'node_modules', '.bin');

/** PATH with the checkout's own executables first and once. */
export function pathWithBin(path = process.env.PATH ?? '') {
  return [BIN, ...path.split(delimiter).filter((folder) => folder !== BIN)].join(delimiter);
}

/** PATH without any `node_modules/.bin`: the machine's own programs. */
export function pathWithoutBin(path = process.env.PATH ?? '') {
  return path
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
}

/** The mark (see process-table) of everything started for one purpose and folder: the same at the next start, so that it finds leftovers. */
export function markOf(purpose, folder) {
  return `${purpose}-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
}
