import { allProcesses } from './proc.js';
import type { ProcessTreeKind } from './process-tree.js';

/** A process can fork while it is being looked for; each round finds what the one before missed. */
const MAX_ROUNDS = 5;

/**
 * SIGKILLs a session's processes; `pid` is the outermost one. In a namespace the kernel kills the rest with it. A process group is
 * hunted instead: its session, its groups and all descendants, in so far as they have not detached from every ancestor.
 */
export function killTree(pid: number, kind: ProcessTreeKind): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process of a session`);
  if (kind !== 'process-group') {
    kill(pid);
    return;
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = membersOf(pid);
    if (found.length === 0) break;
    // Stopped first, the children before they notice: a shell that sees its child die may start another.
    for (const member of found) kill(member, 'SIGSTOP');
    for (const member of membersOf(pid)) kill(member);
  }
  kill(-pid);
}

function membersOf(root: number): number[] {
  const processes = allProcesses().filter(({ state }) => state !== 'Z');
  const members = new Set<number>();
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent, group, session } of processes) {
      if (pid === root || session === root || group === root || members.has(parent) || members.has(session)) members.add(pid);
    }
  }
  return [...members];
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone already; EPERM: it changed its user, and nothing here may end it.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
