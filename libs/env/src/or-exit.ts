import { EnvError } from './read-env.js';

/** What `read` returns; ends the process with exit code 1 and one line for each bad variable when the environment cannot be used. */
export function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`berth: ${error.message}\n`);
    process.exit(1);
  }
}
