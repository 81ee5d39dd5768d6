import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostId } from '@berth/protocol';
import { FrameError, LINK_FRAME, LINK_PROTOCOL, LinkChallenge, LinkRefusal, LinkWelcome } from '@berth/protocol';
import { readJson } from './frame-body.js';
import type { LinkFrame } from './frame-parser.js';
import { jsonFrame } from './frame-codec.js';
import { LinkAuth } from './link-auth.js';
import { LinkConnection } from './link-connection.js';
import { LinkSocket } from './link-socket.js';
import type { LinkTls } from './link-tls.js';
import { gatewayTls, isLoopback } from './link-tls.js';

/** Connecting and both introductions; a host that needs longer counts as unreachable. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Read into again and again: live bytes come in here, and none of them is kept beyond its turn. */
const READ_BYTES = 256 * 1024;

/**
 * Why there is no connection. `wrong_host`: another host or incarnation lives at that address, read it again. `unauthenticated`: the
 * two do not share a secret, or one of them is an impostor. `unreachable`: try again later.
 */
export type LinkFailure = 'wrong_host' | 'unauthenticated' | 'protocol' | 'unreachable';

export class LinkError extends Error {
  override readonly name = 'LinkError';
  constructor(
    readonly failure: LinkFailure,
    message: string,
  ) {
    super(message);
  }
}

export interface ConnectLinkOptions {
  address: { host: string; port: number };
  hostId: HostId;
  incarnation: number;
  gatewayId: string;
  /** The installation's secret, 32 bytes or more. */
  secret: string;
  tls?: LinkTls;
  /** Called once when an established connection ends. */
  onClosed: (reason: string) => void;
}

/** Dials a host and introduces both sides. Rejects with {@link LinkError}. */
export function connectLink(options: ConnectLinkOptions): Promise<LinkConnection> {
  const { address, tls } = options;
  if (!tls && !isLoopback(address.host)) {
    return Promise.reject(
      new LinkError('unauthenticated', `without TLS no host beyond this machine can be trusted, and ${address.host} is one`),
    );
  }
  return new Promise((resolve, reject) => {
    const introduction: Introduction = new Introduction(
      dial(options, (chunk) => introduction.read(chunk)),
      options,
      { resolve, reject },
    );
  });
}

/** A TLS socket reads by itself; a plain one into a buffer of its own, which saves an allocation for every read. */
function dial({ address, tls }: ConnectLinkOptions, read: (chunk: Buffer) => void): Socket {
  if (tls) return connectTls({ ...address, ...gatewayTls(tls) });
  const callback = (bytes: number, buffer: Uint8Array): boolean => {
    read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
    return true;
  };
  return connect({ ...address, onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback } });
}

interface Outcome {
  resolve(connection: LinkConnection): void;
  reject(error: LinkError): void;
}

/** The gateway's half of the handshake; hands the socket over to a {@link LinkConnection} when it is done. */
class Introduction {
  private readonly link: LinkSocket;
  private readonly auth: LinkAuth;
  private readonly nonce: string;
  private readonly timer: NodeJS.Timeout;
  private theirNonce: string | undefined;
  private connection: LinkConnection | undefined;

  constructor(
    socket: Socket,
    private readonly options: ConnectLinkOptions,
    private readonly outcome: Outcome,
  ) {
    this.auth = new LinkAuth(options.secret);
    this.nonce = this.auth.nonce();
    this.link = new LinkSocket(socket, {
      frame: (frame) => {
        if (this.connection) this.connection.receive(frame);
        else this.receive(frame);
      },
      // A gateway's frames are small, and each answers a person or a frame of the host: none of them can wait, but input.
      drained: () => this.connection?.drained(),
      closed: (reason) => {
        clearTimeout(this.timer);
        if (this.connection) this.connection.disconnected(reason);
        else outcome.reject(new LinkError('unreachable', reason));
      },
    });
    this.timer = setTimeout(() => {
      this.fail('unreachable', 'the host did not answer in time');
    }, CONNECT_TIMEOUT_MS);
  }

  read(chunk: Buffer): void {
    this.link.receive(chunk);
  }

  private receive(frame: LinkFrame): void {
    switch (frame.type) {
      case LINK_FRAME.challenge:
        this.hello(readJson(LinkChallenge, frame.body));
        return;
      case LINK_FRAME.welcome:
        this.welcome(readJson(LinkWelcome, frame.body));
        return;
      case LINK_FRAME.refuse:
        this.refused(readJson(LinkRefusal, frame.body));
        return;
      default:
        throw new FrameError('unexpected frame in the introduction');
    }
  }

  private hello({ protocol, nonce }: LinkChallenge): void {
    if (protocol !== LINK_PROTOCOL) return this.fail('protocol', 'the host speaks another version of the link');
    const { hostId, incarnation, gatewayId } = this.options;
    this.theirNonce = nonce;
    const mac = this.auth.sign('gateway', { theirNonce: nonce, ownNonce: this.nonce, hostId, incarnation });
    this.link.send(jsonFrame(LINK_FRAME.hello, 0, { protocol: LINK_PROTOCOL, gatewayId, hostId, incarnation, nonce: this.nonce, mac }));
  }

  private welcome({ hostId, incarnation, mac }: LinkWelcome): void {
    const signed = {
      theirNonce: this.nonce,
      ownNonce: this.theirNonce ?? '',
      hostId: this.options.hostId,
      incarnation: this.options.incarnation,
    };
    if (hostId !== signed.hostId || incarnation !== signed.incarnation)
      return this.fail('wrong_host', 'another host answers at this address');
    if (!this.auth.verify('host', signed, mac))
      return this.fail('unauthenticated', 'the host does not hold the secret of this installation');
    clearTimeout(this.timer);
    this.link.trust();
    this.connection = new LinkConnection(this.link, this.options.onClosed);
    this.outcome.resolve(this.connection);
  }

  private refused({ reason }: LinkRefusal): void {
    const failure = reason === 'draining' ? 'unreachable' : reason === 'malformed' ? 'protocol' : reason;
    this.fail(failure, `the host refused the link: ${reason}`);
  }

  private fail(failure: LinkFailure, message: string): void {
    clearTimeout(this.timer);
    this.outcome.reject(new LinkError(failure, message));
    this.link.destroy(message);
  }
}
