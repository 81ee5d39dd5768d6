import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ControlAdapter } from '@berth/bus';
import type { Notice, SessionId, SessionUpdated, TenantId, Viewer } from '@berth/protocol';
import { AppError, CONTROL_PATH, toProblem } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { LivePrincipal } from '@berth/store';
import { Server } from 'socket.io';
import { Encoder } from 'socket.io-msgpack-parser';
import type { TrackPrincipal } from '../bytes/byte-connection.js';
import { hasSecret } from '../bytes/upgrade-check.js';
import type { UpgradeTarget } from '../bytes/upgrade-router.js';
import { Decoder } from './bounded-parser.js';
import type { ControlSocketServer, Watch } from './control-connection.js';
import { ControlConnection, rooms } from './control-connection.js';
import { Holds } from './holds.js';
import { BEAT_MS, CONNECT_TIMEOUT_MS, HEARTBEAT_MS, MAX_MESSAGE, MAX_WAITING_BYTES } from './limits.js';
import { PacketRate } from './packet-rate.js';
import { SessionWatch } from './session-watch.js';
import type { SessionWatchOptions } from './session-watch.js';
import { TenantFeed } from './tenant-feed.js';
import type { TenantFeedOptions } from './tenant-feed.js';

/** Where the control sockets get what they say. */
export interface ControlSources {
  /** Spends a ticket. Rejects with `unauthenticated`, `unavailable`. */
  authenticate(ticket: string): Promise<LivePrincipal>;
  track: TrackPrincipal;
  tenant(tenantId: TenantId): Pick<TenantFeedOptions, 'list' | 'read' | 'listen'>;
  session(tenantId: TenantId, sessionId: SessionId): Pick<SessionWatchOptions, 'read' | 'listen'> & { exists(): Promise<boolean> };
}

export interface ControlServerOptions {
  sources: ControlSources;
  adapter: ControlAdapter['create'];
  clock: Clock;
  failed(error: unknown): void;
}

/** The part of engine.io that is used past its types. */
interface Engine {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  on(event: 'connection', listener: (connection: EngineConnection) => void): void;
}
interface EngineConnection {
  request: IncomingMessage;
  writeBuffer: readonly { data?: string | Uint8Array }[];
  transport: { socket: { bufferedAmount: number } };
  on(event: 'packet', listener: () => void): void;
  close(discard?: boolean): void;
}

const RESTARTING: Notice = { level: 'info', text: 'This gateway is restarting. You are being connected again.', subject: 'gateway' };

/** Takes control sockets in, and tells each what concerns it. */
export class ControlServer {
  private readonly io: Server;
  private readonly gatewayId = randomBytes(8).toString('hex');
  private readonly connections = new Map<ControlSocketServer, ControlConnection>();
  private readonly tenants = new Holds<TenantFeed>();
  private readonly watches = new Holds<SessionWatch>();
  private readonly settled = new WeakMap<IncomingMessage, () => void>();
  private readonly tried = new WeakSet<object>();
  private readonly sockets = new Set<Duplex>();
  private readonly beats: NodeJS.Timeout;
  private draining = false;

  constructor(private readonly options: ControlServerOptions) {
    this.io = new Server({
      path: CONTROL_PATH,
      transports: ['websocket'],
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: MAX_MESSAGE,
      connectTimeout: CONNECT_TIMEOUT_MS,
      pingInterval: HEARTBEAT_MS.interval,
      pingTimeout: HEARTBEAT_MS.timeout,
      parser: { Encoder, Decoder },
      adapter: options.adapter,
    });
    // It never listens: requests and upgrades reach socket.io through our router alone.
    this.io.attach(createServer());
    this.engine.on('connection', (connection) => this.guard(connection));
    this.io.use((socket, answer) => void this.decide(socket).then(answer));
    this.io.on('connection', (socket) => this.serve(socket));
    this.beats = setInterval(() => this.beat(), BEAT_MS);
  }

  /** Open sockets that have shown a good ticket. */
  get count(): number {
    return this.connections.size;
  }

  /** Tenants and sessions that are followed: 0 when nobody is here. */
  get following(): number {
    return this.tenants.count + this.watches.count;
  }

  /** Where the router sends upgrades to. */
  readonly target: UpgradeTarget = (request) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== CONTROL_PATH && path !== `${CONTROL_PATH}/`) return undefined;
    return ({ socket, head, settled }) => {
      this.settled.set(request, settled);
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      this.engine.handleUpgrade(request, socket, head);
    };
  };

  /** Tells everybody of a tenant, at every gateway; nothing that must not be missed. */
  notify(tenantId: TenantId, notice: Notice): void {
    const room = rooms.tenant(tenantId);
    // Ours hear it at once and from here, whether or not Redis carries it to the others.
    this.io.local.to(room).emit('notice', notice);
    this.io.to(room).except(rooms.gateway(this.gatewayId)).emit('notice', notice);
  }

  /** Lets go of everybody within `ms`, spread out, so that they do not arrive elsewhere all at once. Nobody is taken in meanwhile. */
  async drain(ms: number): Promise<void> {
    this.draining = true;
    const leaving = [...this.connections.values()];
    const end = performance.now() + ms;
    for (const connection of leaving) connection.say(RESTARTING);
    for (const [index, connection] of leaving.entries()) {
      connection.end();
      const pause = Math.min(ms / leaving.length, end - performance.now());
      if (index + 1 < leaving.length && pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Ends what is left. */
  async close(): Promise<void> {
    this.draining = true;
    clearInterval(this.beats);
    await this.io.close();
    // A client that does not answer the goodbye must not keep the HTTP server open.
    for (const socket of this.sockets) socket.destroy();
  }

  private get engine(): Engine {
    return this.io.engine;
  }

  /** Before anybody has shown anything: packets are counted from the first one on. */
  private guard(connection: EngineConnection): void {
    const rate = new PacketRate(this.options.clock.now());
    connection.on('packet', () => {
      if (!rate.take(this.options.clock.now())) connection.close(true);
    });
  }

  private async admit(socket: ControlSocketServer): Promise<void> {
    if (this.draining) throw new AppError('draining');
    const { request, handshake, conn } = socket;
    if (hasSecret((request.url ?? '').split('?')[1] ?? '')) throw new AppError('unauthenticated');
    const { ticket } = handshake.auth as { ticket?: unknown };
    // One try a connection, also while the first is still being looked at: each costs a question to Postgres.
    if (typeof ticket !== 'string' || this.tried.has(conn)) throw new AppError('unauthenticated');
    this.tried.add(conn);
    const principal = await this.options.sources.authenticate(ticket);
    const { tenantId } = principal;
    const feed = this.tenants.hold(tenantId, () => this.openTenant(tenantId));
    conn.once('close', feed.release);
    if (conn.readyState !== 'open') feed.release();
    // What the client reads once it is connected is not older than the first thing that it is told.
    await feed.value.ready;
    (socket.data as { principal?: LivePrincipal }).principal = principal;
  }

  /** Undefined: it may come in. Otherwise the refusal that socket.io sends, and the connection's end. */
  private async decide(socket: ControlSocketServer): Promise<Error | undefined> {
    try {
      await this.admit(socket);
      return undefined;
    } catch (error) {
      const known = error instanceof AppError;
      if (!known) this.options.failed(error);
      const code = known ? error.code : 'internal';
      // The refusal goes out first.
      setImmediate(() => socket.conn.close());
      return Object.assign(new Error(code), { data: toProblem(code, known ? error.details : {}) });
    }
  }

  private serve(socket: ControlSocketServer): void {
    const { principal } = socket.data as { principal?: LivePrincipal };
    if (!principal || this.draining) return void socket.disconnect(true);
    this.settled.get(socket.request)?.();
    void socket.join([rooms.tenant(principal.tenantId), rooms.gateway(this.gatewayId)]);
    const { sources, failed } = this.options;
    const connection = new ControlConnection({
      socket,
      principal,
      track: sources.track,
      watch: (tenantId, sessionId) => this.watch(tenantId, sessionId),
      failed,
    });
    this.connections.set(socket, connection);
    socket.on('disconnect', () => this.connections.delete(socket));
  }

  private async watch(tenantId: TenantId, sessionId: SessionId): Promise<Watch> {
    const source = this.options.sources.session(tenantId, sessionId);
    if (!(await source.exists())) throw new AppError('not_found');
    const room = rooms.watchers(tenantId, sessionId);
    const emit = (viewers: Viewer[]): void => void this.io.local.to(room).emit('session.presence', { sessionId, viewers });
    const { release } = this.watches.hold(room, () => new SessionWatch({ ...source, clock: this.options.clock, emit }));
    return { room, read: () => source.read(), release };
  }

  private openTenant(tenantId: TenantId): TenantFeed {
    const { sources, clock, failed } = this.options;
    const emit = (update: SessionUpdated): void => void this.io.local.to(rooms.tenant(tenantId)).emit('session.updated', update);
    return new TenantFeed({ ...sources.tenant(tenantId), clock, failed, emit });
  }

  private beat(): void {
    for (const { conn } of this.connections.keys()) {
      const connection = conn as unknown as EngineConnection;
      if (waitingBytes(connection) > MAX_WAITING_BYTES) connection.close(true);
    }
  }
}

function waitingBytes({ writeBuffer, transport }: EngineConnection): number {
  let bytes = transport.socket.bufferedAmount;
  for (const { data } of writeBuffer) bytes += data?.length ?? 0;
  return bytes;
}
