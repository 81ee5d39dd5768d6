import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.js';
import { eventually } from './eventually.js';
import type { Frame } from './frames.js';
import { programs } from './programs.js';
import { RawSocket } from './raw-socket.js';

/** Sessions are asked for so many at a time: starting programs is not what a test of the crowd is about. */
const AT_ONCE = 8;
/** A line that was not echoed by then counts as lost. */
const ECHO_MS = 30_000;
const READY_MS = 60_000;

/** One quiet session and the person before it. */
class Member {
  private socket: RawSocket | undefined;
  private ready = '';
  private sequence = 0;
  private typed = '';
  private seen = '';
  private typedAt = 0;

  private constructor(private readonly echoed: (ms: number) => void) {}

  static async join(api: Api, address: string, index: number, echoed: (ms: number) => void): Promise<Member> {
    const { id } = await api.createSession(programs.echo);
    const member = new Member(echoed);
    member.socket = await RawSocket.attach(
      address,
      id,
      { clientId: `member-${index}`, drive: true },
      { token: api.token, keep: false, onFrame: (frame) => member.take(frame) },
    );
    await eventually(() => member.ready === programs.ready, { within: READY_MS, what: `session ${id} echoes` });
    return member;
  }

  /** What went wrong, if anything did. */
  get failure(): Error | undefined {
    if (this.socket?.ending) return new Error(`the connection ended: ${JSON.stringify(this.socket.ending)}`);
    return this.socket?.broken;
  }

  /** Types a line, unless the one before has not come back yet. */
  type(): void {
    if (this.typed !== '') {
      if (performance.now() - this.typedAt > ECHO_MS) throw new Error('a line was not echoed');
      return;
    }
    this.sequence += 1;
    this.typed = `line ${this.sequence} of a session with light output\r\n`;
    this.typedAt = performance.now();
    this.socket?.input(this.sequence, this.typed);
  }

  private take(frame: Frame): void {
    if (frame.type === 'gap' || frame.type === 'reject') throw new Error(`a quiet session was told ${JSON.stringify(frame)}`);
    if (frame.type !== 'output') return;
    if (this.ready === programs.ready) this.hear(frame.bytes);
    else this.ready += frame.bytes.toString('latin1');
  }

  private hear(bytes: Buffer): void {
    this.seen += bytes.toString('latin1');
    if (!this.typed.startsWith(this.seen)) throw new Error(`typed ${JSON.stringify(this.typed)}, got ${JSON.stringify(this.seen)}`);
    if (this.seen !== this.typed) return;
    this.typed = '';
    this.seen = '';
    this.echoed(performance.now() - this.typedAt);
  }
}

/** Many sessions that give back what is typed, each with a viewer that types a line from time to time and waits for its echo. */
export class EchoCrowd {
  private echoes: number[] = [];

  private constructor(private readonly members: Member[]) {}

  /** Starts `size` sessions through the gateways in turn; resolves when all are ready. */
  static async start(api: Api, addresses: readonly string[], size: number): Promise<EchoCrowd> {
    const members: Member[] = [];
    const crowd = new EchoCrowd(members);
    let next = 0;
    const join = async (): Promise<void> => {
      while (next < size) {
        const index = next++;
        members.push(await Member.join(api, addresses[index % addresses.length] ?? '', index, (ms) => crowd.echoes.push(ms)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, join));
    return crowd;
  }

  /** Lets everybody type a line every `everyMs`, evenly spread, for `ms`; milliseconds from each line to its echo. */
  async type(ms: number, everyMs: number): Promise<number[]> {
    this.echoes = [];
    const began = performance.now();
    let typed = 0;
    while (performance.now() - began < ms) {
      const due = ((performance.now() - began) / everyMs) * this.members.length;
      for (; typed < due; typed++) this.members[typed % this.members.length]?.type();
      for (const { failure } of this.members) if (failure) throw failure;
      await sleep(1);
    }
    return this.echoes;
  }
}
