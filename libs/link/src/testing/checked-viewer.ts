import { AssertionError } from 'node:assert';
import type { LinkOpen, LinkOpened } from '@berth/protocol';
import type { OutputPlace, PlacedSize, ServedSession } from '@berth/session';
import { verifySeeded } from '@berth/testing';
import type { LinkConnection, LiveChannel, ViewerChannel } from '../index.js';
import { SEED } from './seeded-session.js';

/** Fails the test that is running, from wherever it is called. */
function must(holds: boolean, message: string): void {
  if (!holds) throw new AssertionError({ message });
}

/** A gateway's view of one viewer: checks every byte against the seed and the offset that it must have. */
export class CheckedViewer {
  /** Next offset that it must be given. */
  at: number;
  joined = false;
  /** Whether its client answers. */
  alive = true;
  /** How often that was asked. */
  asked = 0;
  opened: LinkOpened | undefined;
  readonly log: string[] = [];
  /** `<offset> <cols>x<rows>`, each change once. */
  readonly sizes: string[] = [];
  private place: OutputPlace = { offset: -1, sequence: 0 };
  readonly channel: ViewerChannel;

  constructor(live: LiveChannel, { identity }: Pick<ServedSession, 'identity'>, over: Partial<LinkOpen> = {}) {
    this.at = over.from ?? 0;
    const open = {
      ...identity,
      from: 0,
      credit: 1 << 30,
      principal: 'usr',
      clientId: 'tab',
      mayDrive: true,
      wantsDrive: true,
      cols: 80,
      rows: 24,
    };
    this.channel = live.openViewer(
      { ...open, ...over },
      {
        prove: () => {
          this.asked += 1;
          if (this.alive) this.channel.proven();
        },
        opened: (opened) => (this.opened = opened),
        output: (offset, bytes) => {
          must(!this.joined, 'output on the viewer channel after JOIN');
          this.take(offset, bytes);
        },
        sized: (size) => {
          must(!this.joined, 'a size on the viewer channel after JOIN');
          this.takeSize(size);
        },
        join: (at) => {
          must(at <= this.at, `joined at ${String(at)}, beyond ${String(this.at)}`);
          this.joined = true;
        },
        behind: (ringStart) => {
          this.log.push('behind');
          this.at = ringStart;
        },
        inputAck: (applied) => this.log.push(`ack ${String(applied)}`),
        reject: (inputSeq, code) => this.log.push(`reject ${String(inputSeq)} ${code}`),
        drained: () => this.log.push('drained'),
        closed: (code) => this.log.push(`closed ${code}`),
      },
    );
  }

  /** Live bytes of the session; those that it has are left out. */
  live(offset: number, bytes: Uint8Array): void {
    if (this.joined && offset + bytes.length > this.at) this.take(Math.max(offset, this.at), bytes.subarray(Math.max(0, this.at - offset)));
  }

  /** A change of size in the live output. */
  liveSize(size: PlacedSize): void {
    if (this.joined) this.takeSize(size);
  }

  /** How often what it needed had left the ring. */
  get timesBehind(): number {
    return this.log.filter((entry) => entry === 'behind').length;
  }

  /** Leaves live output and goes on from its own place. */
  resume(from = this.at, credit = 1 << 30): void {
    this.joined = false;
    this.at = from;
    this.channel.resume(from, credit);
  }

  /** What comes from two channels, or again after a RESUME, counts once. */
  private takeSize({ offset, sequence, cols, rows }: PlacedSize): void {
    if (offset < this.at || (offset === this.place.offset && sequence < this.place.sequence)) return;
    must(offset === this.at, `a size at ${String(offset)} instead of ${String(this.at)}`);
    this.place = { offset, sequence };
    const size = `${String(cols)}x${String(rows)}`;
    if (this.sizes.at(-1)?.split(' ')[1] !== size) this.sizes.push(`${String(offset)} ${size}`);
  }

  private take(offset: number, bytes: Uint8Array): void {
    must(offset === this.at, `bytes at ${String(offset)} instead of ${String(this.at)}`);
    must(verifySeeded(SEED, offset, bytes) === -1, `wrong bytes at ${String(offset)}`);
    this.at += bytes.length;
  }
}

/** A live channel that is fanned out to `viewers`; what else it says goes to `log`. */
export function openLive(connection: LinkConnection, viewers: CheckedViewer[], log: string[] = []): LiveChannel {
  return connection.openLive({
    output: (offset, bytes) => {
      for (const viewer of viewers) viewer.live(offset, bytes);
    },
    behind: () => {
      for (const viewer of viewers) viewer.joined = false;
      log.push('behind');
    },
    resized: (size) => {
      for (const viewer of viewers) viewer.liveSize(size);
      log.push(`size ${String(size.cols)}x${String(size.rows)}`);
    },
    state: (update) => log.push(update.state),
    disconnected: () => log.push('disconnected'),
  });
}
