import { stat } from 'node:fs/promises';
import { PtyRunner } from '@berth/runner';
import { killTree } from '@berth/sandbox';
import type { Runner } from '@berth/session';
import type { ClaimedRun } from '@berth/store/leases';
import { findProgram } from './find-program.js';
import type { HostServices } from './host-services.js';
import { openWorkspace, sessionEnvironment } from './workspace.js';

/** A login shell, the best that is there. */
const SHELLS = ['bash', 'sh'];
/** A program's name may be any text; this much of it is shown. */
const SHOWN_NAME = 100;

async function shell(path: string, cwd: string): Promise<string[]> {
  for (const name of SHELLS) if ('path' in (await findProgram(name, path, cwd))) return [name, '-l'];
  throw new Error('cannot start: this host has no shell');
}

async function workingDirectory(claim: ClaimedRun, root: string): Promise<string> {
  if (claim.workspacePath === null) return openWorkspace(root, claim.sessionId);
  const found = await stat(claim.workspacePath).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error('cannot start: the workspace folder does not exist on this host');
  return claim.workspacePath;
}

/** The runner of a claimed run, in its workspace and behind its wall. Rejects with a line for the person who asked for it. */
export async function openProgram(claim: ClaimedRun, { tree, workspaceRoot, user }: HostServices): Promise<Runner> {
  const cwd = await workingDirectory(claim, workspaceRoot);
  const [name = '', ...args] = claim.command.length > 0 ? claim.command : await shell(user.path, cwd);
  const program = await findProgram(name, user.path, cwd);
  if ('failure' in program) throw new Error(`cannot start ${JSON.stringify(name.slice(0, SHOWN_NAME))}: ${program.failure}`);
  return new PtyRunner({
    argv: tree.wrap([program.path, ...args]),
    cwd,
    env: sessionEnvironment(user, claim.sessionId, cwd),
    cols: claim.cols,
    rows: claim.rows,
    kill: (pid) => killTree(pid, tree.kind),
  });
}
