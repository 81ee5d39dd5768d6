import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@berth/session';
import type { GuardianMessage, GuardianSettings, HostMessage } from '../guardian/messages.js';

/** Far below the silence that the guardian tolerates; each one is a message of 40 bytes. */
const TICK_MS = 250;
const START_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 3_000;

export interface GuardianOptions {
  clock: Clock;
  /** The whole environment of the process. */
  env: NodeJS.ProcessEnv;
  settings: GuardianSettings;
  /** Called for each message but `ready`. */
  onMessage(message: GuardianMessage): void;
  /** The guardian ended without being asked to: nobody renews or kills any longer. */
  onGone(): void;
}

/** The host's side of its guardian: starts it, ticks, talks to it, notices its death by the channel's end. */
export class GuardianClient {
  private ending = false;
  private readonly ticks: NodeJS.Timeout;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: GuardianOptions,
  ) {
    child.on('message', (message) => {
      options.onMessage(message as GuardianMessage);
    });
    const gone = (): void => {
      if (this.ending) return;
      this.ending = true;
      clearInterval(this.ticks);
      options.onGone();
    };
    child.once('disconnect', gone);
    child.once('exit', gone);
    this.tick();
    this.ticks = setInterval(() => {
      this.tick();
    }, TICK_MS);
  }

  /** Starts the guardian in a session of its own, so that no signal to our group or terminal reaches it. Rejects when it does not come up. */
  static async start(options: GuardianOptions): Promise<GuardianClient> {
    const entry = fileURLToPath(new URL('../guardian/main.js', import.meta.url));
    const child = fork(entry, [], { detached: true, execArgv: [], env: options.env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send({ type: 'settings', settings: options.settings } satisfies HostMessage, () => undefined);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error('the guardian did not start in time'));
      }, START_TIMEOUT_MS);
      child.once('message', () => {
        clearTimeout(late);
        resolve();
      });
      // Stays: a later failure to send is followed by the channel's end, which is what counts.
      child.on('error', reject);
      child.once('exit', (code) => {
        clearTimeout(late);
        reject(new Error(`the guardian ended at once with exit code ${String(code)}`));
      });
    }).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    return new GuardianClient(child, options);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The channel is written in the same turn: what is said before a death arrives. */
  send(message: HostMessage): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  /** Tells it that nothing is left to do, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    clearInterval(this.ticks);
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.send({ type: 'done' });
    const late = setTimeout(() => this.child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(late);
  }

  private tick(): void {
    this.send({ type: 'tick', at: this.options.clock.now() });
  }
}
