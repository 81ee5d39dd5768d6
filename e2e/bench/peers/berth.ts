import type { Api } from '../../harness/api.js';
import { startCluster } from '../../harness/cluster.js';
import type { Cluster } from '../../harness/cluster.js';
import { RawSocket } from '../../harness/raw-socket.js';
import { write } from '../../harness/frames.js';
import { Arrivals } from './arrivals.js';
import type { Peer, Terminal } from './peer.js';

/** How often a client acknowledges. */
const ACK_STEP = 32 * 1024;
/** As in production: the tests' own leases are renewed every second. */
const LEASES = { BERTH_LEASE_TERMINAL_S: '300', BERTH_LEASE_AGENT_S: '60', BERTH_LEASE_RENEW_S: '10', BERTH_LEASE_MARGIN_S: '5' };

export interface BerthOptions {
  name?: string;
  flags?: string[];
  slots?: number;
  /** Environment of the apps, over the defaults. */
  env?: Record<string, string>;
}

/** A viewer of a session that may go on without it. */
export interface BerthTerminal extends Terminal {
  /** Leaves; the session stays. */
  detach(): void;
}

/** A running Berth: one gateway and one worker, as they are built. */
export class BerthPeer implements Peer {
  private clients = 0;

  private constructor(
    readonly name: string,
    readonly cluster: Cluster,
    readonly api: Api,
  ) {}

  static async start({ name = 'berth', flags, slots = 64, env }: BerthOptions = {}): Promise<BerthPeer> {
    const cluster = await startCluster({
      gateways: 1,
      workers: 1,
      env: { ...LEASES, BERTH_SLOTS: String(slots), LOG_LEVEL: 'warn', ...env },
      ...(flags ? { flags } : {}),
    });
    return new BerthPeer(name, cluster, await cluster.signIn());
  }

  async open(argv: readonly string[]): Promise<Terminal> {
    const session = await this.api.createSession(argv);
    return this.attach(session.id);
  }

  /** Attaches one more client that drives and acknowledges. */
  async attach(sessionId: string, from = 0): Promise<BerthTerminal> {
    const output = new Arrivals();
    let position = from;
    let acknowledged = from;
    let sequence = 0;
    const socket = await RawSocket.open(this.cluster.address(), sessionId, {
      token: this.api.token,
      keep: false,
      onFrame: (frame) => {
        if (frame.type === 'gap') throw new Error(`a gap of ${frame.to - frame.from} bytes`);
        if (frame.type === 'reject') throw new Error(`input was refused: ${frame.code}`);
        if (frame.type !== 'output') return;
        if (frame.offset !== position) throw new Error(`output at ${frame.offset}, wanted ${position}`);
        position += frame.bytes.length;
        output.arrived(frame.bytes);
        if (position - acknowledged < ACK_STEP) return;
        acknowledged = position;
        socket.send(write.ack(position));
      },
    });
    void socket.closed.then(({ code, reason }) =>
      output.lose(new Error(`${this.name}: ${socket.broken?.message ?? `the connection was closed with ${code} ${reason}`}`)),
    );
    this.clients += 1;
    socket.send(write.attach({ haveUpTo: from, clientId: `bench-${this.clients}`, drive: true }));
    return {
      output,
      write: (bytes) => socket.input(++sequence, bytes),
      detach: () => socket.destroy(),
      close: async () => {
        socket.destroy();
        await this.api.expect('POST', `/v1/sessions/${sessionId}/close`).catch(() => undefined);
      },
    };
  }

  processes(): { front: number[]; behind: number[] } {
    const worker = this.cluster.worker();
    return { front: [this.cluster.gateway().pid], behind: [worker.pid, worker.guardianPid] };
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}
