import { setTimeout as sleep } from 'node:timers/promises';
import type { EchoSession } from './echo-session.js';
import { eventually } from './eventually.js';
import { RawSocket } from './raw-socket.js';

/** Types numbered marks into a session that echoes, at a steady pace, and remembers what it typed. */
export class Typist {
  typed = '';
  private sequence = 0;
  private stopped = false;
  private readonly done: Promise<void>;

  private constructor(
    readonly socket: RawSocket,
    private readonly everyMs: number,
  ) {
    this.done = this.type();
  }

  /** Attaches as a driver and begins to type. */
  static async start(address: string, { id, from }: Pick<EchoSession, 'id' | 'from'>, token: string, everyMs = 50): Promise<Typist> {
    const socket = await RawSocket.attach(address, id, { clientId: 'typist', drive: true, haveUpTo: from }, { token });
    await socket.frame('state', ({ run }) => run.state === 'running');
    return new Typist(socket, everyMs);
  }

  /** Waits until everything typed so far has come back; throws when anything else came. */
  async echoed(ms = 10_000): Promise<void> {
    const wanted = this.typed;
    await eventually(() => this.socket.text().length >= wanted.length, {
      within: ms,
      every: 10,
      what: `the echo of ${wanted.length} bytes`,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${this.socket.text().length} came; socket ${JSON.stringify(this.socket.ending ?? 'open')}`);
    });
    if (!this.socket.text().startsWith(wanted)) throw new Error('the echo differs from what was typed');
  }

  /** Stops typing; resolves when all of it has come back. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
    await this.echoed();
  }

  private async type(): Promise<void> {
    while (!this.stopped) {
      this.sequence += 1;
      const mark = `<${this.sequence}>`;
      this.socket.input(this.sequence, mark);
      this.typed += mark;
      await sleep(this.everyMs);
    }
  }
}
