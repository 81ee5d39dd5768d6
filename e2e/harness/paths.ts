import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A built program of an app: the same file that runs in production. */
export const builtProgram = (app: 'gateway' | 'worker', file: string): string => join(ROOT, 'apps', app, 'dist', file);

/** A program that tests run inside a session. */
export const fixture = (file: string): string => join(ROOT, 'e2e', 'fixtures', file);
