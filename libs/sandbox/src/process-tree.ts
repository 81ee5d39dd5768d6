/** How the processes of a session are held together, from the strongest wall to the weakest. */
export type ProcessTreeKind = 'pid-namespace' | 'user-namespace' | 'process-group';

export interface ProcessTree {
  readonly kind: ProcessTreeKind;
  /**
   * Argv that runs `argv` inside the wall, with no descriptor but 0, 1 and 2. Its outermost process stands for the whole tree:
   * in a namespace, the tree dies with it. Its environment passes through, but for PS1 and PS2. It exits with the program's exit code, 128 + n after signal n.
   */
  wrap(argv: readonly string[]): string[];
  /** One sentence for the log: which wall is up, and what it does not hold. */
  describe(): string;
}

/** Where the tools of a wall were found: absolute, so that a session's PATH has no say in them. */
export interface WallTools {
  /** A shell that can close descriptors above 9 (dash cannot), with the options that keep it from running anything by itself. */
  shell: readonly string[];
  sh: string;
  env: string;
  unshare: string;
}

/**
 * Closes every inherited descriptor: PTY masters are not close-on-exec, and whoever inherits one can read and type in another
 * session, and keeps that session's terminal open after its host has died.
 */
const CLOSE_DESCRIPTORS = 'for fd in /dev/fd/*; do fd=${fd##*/}; [ "$fd" -gt 2 ] && eval "exec $fd>&-"; done;';

/**
 * The outer process waits for the namespace. The terminal sends it ^\ and ^Z as well, and either would end or freeze the session
 * (unshare itself blocks SIGINT and SIGTERM). SIGHUP keeps its effect: when the host dies, the terminal hangs up and takes the tree along.
 */
const OUTER = `${CLOSE_DESCRIPTORS} trap '' QUIT TSTP; exec "$@"`;

/**
 * Process 1 of a namespace ignores signals that it does not handle, so that ^C would not end a program in that place; and it must reap orphans.
 * The subshell makes the program a child; `exec` keeps a program's name from being taken for a builtin; and the shell's own remark on
 * a program that a signal ended ("Killed") is kept out of the output.
 */
const INIT = 'exec 3>&2 2>/dev/null; (exec 2>&3 3>&- "$@"); exit $?';

/** Argv of a program in its own pid namespace; `flags` are those of unshare(1). Callers' strings are argv elements only, never script text. */
export function inNamespace(tools: WallTools, flags: readonly string[], argv: readonly string[]): string[] {
  const init = [tools.env, '--default-signal', tools.sh, '-c', INIT, 'sh', ...argv];
  return [...tools.shell, '-c', OUTER, 'sh', tools.unshare, ...flags, '--', ...init];
}

/** Argv of a program without a wall of its own. */
export function inProcessGroup(tools: Pick<WallTools, 'shell'>, argv: readonly string[]): string[] {
  return [...tools.shell, '-c', `${CLOSE_DESCRIPTORS} exec "$@"`, 'sh', ...argv];
}
