import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { inNamespace, inProcessGroup, type ProcessTree, type ProcessTreeKind } from './process-tree.js';

/** Where systems keep their basic tools; PATH is not asked, for it may be anybody's. */
const TOOL_DIRS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin'];
/** Bash reads ~/.bashrc when its input is a socket, and files and functions that its environment names: outside of the wall, that is an escape. */
const SHELLS = [['bash', '--norc', '-p'], ['sh']] as const;
/** A probe is one short-lived process; one that hangs is a wall that does not work. */
const PROBE_TIMEOUT_MS = 5_000;

const NAMESPACE = ['--pid', '--fork', '--kill-child=KILL'];
const OWN_USER = ['--user', '--map-current-user'];

interface Wall {
  kind: ProcessTreeKind;
  flags: string[];
  describe: string;
}

const WALLS: (Wall & { rootOnly?: boolean })[] = [
  {
    kind: 'pid-namespace',
    rootOnly: true,
    flags: [...NAMESPACE, '--mount-proc'],
    describe: 'Each session has its own pid namespace: all of its processes die with it.',
  },
  {
    kind: 'user-namespace',
    flags: [...OWN_USER, ...NAMESPACE, '--mount-proc'],
    describe: 'Each session has its own user and pid namespace: all of its processes die with it.',
  },
  {
    kind: 'user-namespace',
    flags: [...OWN_USER, ...NAMESPACE],
    describe: "Each session has its own user and pid namespace: all of its processes die with it, but it sees the machine's /proc.",
  },
];

/** Tries the walls from the strongest to the weakest by running a program in each. Blocks for some milliseconds; throws when there is no usable shell. */
export function probeProcessTree(): ProcessTree {
  const shell = SHELLS.map(findShell).find((found) => found !== undefined && canCloseDescriptors(found));
  if (shell === undefined) throw new Error('no shell was found that can close file descriptors: install bash');
  const [sh, env, unshare] = ['sh', 'env', 'unshare'].map(findTool);
  if (sh !== undefined && env !== undefined && unshare !== undefined) {
    const isRoot = process.getuid?.() === 0;
    for (const { kind, flags, describe } of WALLS.filter((wall) => isRoot || !wall.rootOnly)) {
      const wrap = (argv: readonly string[]) => inNamespace({ shell, sh, env, unshare }, flags, argv);
      if (holds(wrap)) return { kind, wrap, describe: () => describe };
    }
  }
  return {
    kind: 'process-group',
    wrap: (argv) => inProcessGroup({ shell }, argv),
    describe: () =>
      'No namespace can be made here, so a session is a process group: a process that detaches itself can outlive its session when the host is killed.',
  };
}

/** Inside, the program is the child of process 1, and its exit code comes out. */
function holds(wrap: ProcessTree['wrap']): boolean {
  const probe = run(wrap(['sh', '-c', 'echo $PPID; exit 42']));
  return probe.status === 42 && probe.stdout === '1\n';
}

/** The child is given descriptor 11 and must not have it any more after closing it. */
function canCloseDescriptors(shell: readonly string[]): boolean {
  const stdio = ['ignore', 'pipe', 'ignore', ...Array<'ignore'>(8).fill('ignore'), 'pipe'] as const;
  const list = 'for fd in /dev/fd/*; do case ${fd##*/} in 11) echo open;; esac; done; echo done';
  const probe = run(inProcessGroup({ shell }, [...shell, '-c', list]), [...stdio]);
  return probe.status === 0 && probe.stdout === 'done\n';
}

function run(argv: string[], stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore']): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(argv[0] ?? '', argv.slice(1), {
    stdio,
    env: { PATH: TOOL_DIRS.join(':') },
    cwd: '/',
    timeout: PROBE_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  });
  return { status, stdout };
}

function findShell([name, ...options]: readonly [string, ...string[]]): string[] | undefined {
  const path = findTool(name);
  return path === undefined ? undefined : [path, ...options];
}

function findTool(name: string): string | undefined {
  return TOOL_DIRS.map((dir) => join(dir, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
