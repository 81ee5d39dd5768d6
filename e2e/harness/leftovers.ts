import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isAlive, runningIn, signal } from './process-table.js';
import type { ProcessId } from './process-table.js';

const PREFIX = 'berth-e2e-';
const OWNER = 'owner.json';

/** A folder for one cluster, which says whose it is: what a killed run leaves behind is ended and removed by the next one. */
export function ownedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(folder, OWNER), JSON.stringify(identify(process.pid)));
  return folder;
}

/** The folder stays: nobody's run removes it. */
export function keepFolder(folder: string): void {
  rmSync(join(folder, OWNER), { force: true });
}

function ownerOf(folder: string): ProcessId | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER), 'utf8')) as ProcessId;
  } catch {
    return undefined;
  }
}

/** Ends and removes what earlier runs left that did not come to their own end. */
export function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const owner = ownerOf(folder);
    if (!owner || isAlive(owner)) continue;
    for (const { pid } of runningIn(folder)) signal(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
