import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From the sources and from `dist`, which lies one folder deeper. */
function findRoot(folder: string): string {
  return existsSync(join(folder, 'nx.json')) ? folder : findRoot(dirname(folder));
}

/** The checkout's root folder. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** A built program of an app: the same file that runs in production. */
export const builtProgram = (app: 'gateway' | 'worker', file: string): string => join(ROOT, 'apps', app, 'dist', file);

/** Options of Node with which `npm start` runs the apps. */
export const NODE_FLAGS = JSON.parse(readFileSync(join(ROOT, 'tools', 'start', 'node-flags.json'), 'utf8')) as readonly string[];

/** A program that tests run inside a session. */
export const fixture = (file: string): string => join(ROOT, 'e2e', 'fixtures', file);

/** The command line as people run it. */
export const BERTH = join(ROOT, 'apps', 'cli', 'bin', 'berth.mjs');
