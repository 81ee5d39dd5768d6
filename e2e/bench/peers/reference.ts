import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../harness/paths.js';

/** A reference program in a process of its own, under the same options of Node as Berth. It says `{ port }` when it listens. */
export class ReferenceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(program: string, env: Record<string, string> = {}): Promise<ReferenceProcess> {
    const child = fork(fileURLToPath(new URL(`../ref/${program}.js`, import.meta.url)), [], {
      env: { ...process.env, ...env },
      execArgv: [...NODE_FLAGS],
    });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${program} ended instead of listening`)));
    const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
    ended.catch(() => undefined);
    return new ReferenceProcess(child, said.port);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  send(message: object): void {
    this.child.send(message);
  }

  /** Sends, and waits for the answer. */
  async ask(message: object): Promise<unknown> {
    const answered = once(this.child, 'message');
    this.child.send(message);
    const [answer] = (await answered) as [unknown];
    return answer;
  }

  async close(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
