import { createRequire } from 'node:module';

/**
 * The native half of node-pty. Its JavaScript half is not used: that one closes the terminal 200 ms after the program's exit, read to the end or
 * not, and writes through the thread pool, spinning while the program does not read.
 */
interface NativePty {
  fork(
    file: string,
    args: string[],
    env: string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    onExit: (exitCode: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

const require = createRequire(import.meta.url);
const { requireBinary } = require('@lydell/node-pty/requireBinary.js') as { requireBinary(file: string): NativePty };

/** macOS starts programs through a helper of the package; elsewhere the argument is not looked at. */
const helperPath = () => (process.platform === 'darwin' ? require.resolve(`@lydell/node-pty-darwin-${process.arch}/spawn-helper`) : '');

let native: NativePty | undefined;
const load = () => (native ??= requireBinary('pty.node'));

export interface PtyProgram {
  argv: readonly string[];
  cwd: string;
  /** All that the program gets. */
  env: Readonly<Record<string, string>>;
  cols: number;
  rows: number;
}

/** Starts a program as the leader of a new terminal. `fd` is the master side, non-blocking; `onExit` comes from waitpid, before or after its last output. */
export function forkPty(program: PtyProgram, onExit: (exitCode: number, signal: number) => void): { fd: number; pid: number } {
  const [file = '', ...args] = program.argv;
  const env = Object.entries(program.env).map(([name, value]) => `${name}=${value}`);
  return load().fork(file, args, env, program.cwd, program.cols, program.rows, -1, -1, false, helperPath(), onExit);
}

export function resizePty(fd: number, cols: number, rows: number): void {
  load().resize(fd, cols, rows);
}
