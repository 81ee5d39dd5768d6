import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, resolve } from 'node:path';

/** The program's path, or why it cannot be started: one line, fit for the person who asked for it. */
export type FoundProgram = { path: string } | { failure: string };

async function check(path: string): Promise<'program' | 'absent' | 'not executable' | 'a folder'> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'a folder';
    await access(path, constants.X_OK);
    return 'program';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'not executable' : 'absent';
  }
}

/**
 * Resolves a program as execvp does: a name with a slash from the working directory, any other through PATH. Done before the start because
 * the wrapper that holds the process tree would start well and fail inside.
 */
export async function findProgram(name: string, path: string, cwd: string): Promise<FoundProgram> {
  const candidates = name.includes('/')
    ? [isAbsolute(name) ? name : resolve(cwd, name)]
    : path.split(delimiter).map((folder) => resolve(cwd, folder, name));
  let failure = 'no such program';
  for (const candidate of candidates) {
    const kind = await check(candidate);
    if (kind === 'program') return { path: candidate };
    if (kind !== 'absent') failure = `it is ${kind}`;
  }
  return { failure };
}
