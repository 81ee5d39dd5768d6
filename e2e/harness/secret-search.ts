import { closeSync, constants, fstatSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from './database.js';

/** The content of a regular file, without waiting for anybody at a pipe. */
function contentOf(path: string): Buffer {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return fstatSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Where a process gives the secret away: its environment, its arguments, what it has open. */
export function secretInProcess(pid: number, secret: string): string[] {
  const files = ['environ', 'cmdline', ...list(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)];
  return files.map((file) => `/proc/${pid}/${file}`).filter((path) => contentOf(path).includes(secret));
}

/** Files below a folder, and names of files, that hold the secret. */
export function secretInFiles(folder: string, secret: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.name.includes(secret) || (entry.isFile() && contentOf(path).includes(secret)) ? [path] : [];
  });
}

/** Tables that hold the secret in the clear, as text or as bytes. */
export async function secretInDatabase(database: Database, secret: string): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const [row] = await database.query<{ rows: number; text: string }>(
      `SELECT count(*)::int AS rows, coalesce(string_agg(t::text, E'\\n'), '') AS text FROM ${name} t`,
    );
    const text = row?.text ?? '';
    if (text.includes(secret) || text.includes(Buffer.from(secret).toString('hex'))) found.push(name);
  }
  return found;
}
