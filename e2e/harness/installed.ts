import { existsSync } from 'node:fs';

/** Whether tests of a program can run on this machine; `npm test` installs what they need where it can, and says so where it cannot. */
export const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
