import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { tempDir } from '@berth/testing';

/** Claude Code as the Agent SDK's platform package brings it. */
const CLAUDE = createRequire(import.meta.url).resolve(`@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}/claude`);

export interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A home, a workspace and a `PATH` with `claude` on it, for the real Claude Code. */
export class ClaudeCode {
  readonly #running = new Set<() => Promise<unknown>>();

  private constructor(
    /** Holds everything below. */
    readonly folder: string,
    readonly workspace: string,
    private readonly remove: () => Promise<void>,
  ) {}

  static async create(): Promise<ClaudeCode> {
    const { path, remove } = await tempDir();
    const workspace = join(path, 'workspace');
    for (const name of ['workspace', 'home', 'config', 'bin', 'tmp']) await mkdir(join(path, name), { mode: 0o700 });
    await symlink(CLAUDE, join(path, 'bin', 'claude'));
    return new ClaudeCode(path, workspace, remove);
  }

  /** Runs `claude -p` with nothing in its environment but what a session's has, and waits for its end. */
  async print(prompt: string, environment: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Finished> {
    const child = spawn(CLAUDE, ['--allowedTools', 'Bash', ...args, '-p', prompt], {
      cwd: this.workspace,
      env: {
        PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        HOME: join(this.folder, 'home'),
        TMUX_TMPDIR: join(this.folder, 'tmp'),
        CLAUDE_CONFIG_DIR: join(this.folder, 'config'),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    const closed = once(child, 'close') as Promise<[number | null]>;
    const end = (): Promise<unknown> => {
      child.kill('SIGKILL');
      return closed;
    };
    this.#running.add(end);
    const [exitCode] = await closed;
    this.#running.delete(end);
    return { exitCode, ...output };
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((end) => end()));
    await this.remove();
  }
}
