import { spawnSync } from 'node:child_process';

/**
 * Settings of the terminal on stdin (`stty`). Node's own raw mode turns every line feed of the session into carriage return and line feed, which
 * breaks programs that move the cursor down with it.
 */
export class LineSettings {
  private saved: string | undefined;

  /** Every byte typed comes as it is, every byte written goes as it is. Throws when stdin is no terminal. */
  raw(): void {
    const { status, stdout } = stty(['-g']);
    const before = stdout.trim();
    if (status !== 0 || before === '') throw new Error('the settings of this terminal cannot be read with stty');
    this.saved ??= before;
    if (stty(['raw', '-echo', '-iexten']).status !== 0) throw new Error('this terminal cannot be set to raw mode with stty');
  }

  /** As they were before the first {@link raw}. Idempotent. */
  restore(): void {
    if (this.saved === undefined) return;
    stty([this.saved]);
  }
}

const stty = (args: string[]) => spawnSync('stty', args, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
