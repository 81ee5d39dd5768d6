import type { ClientFrame, ErrorCode, LinkOpened, Role, RunUpdate, ServerFrame } from '@berth/protocol';
import { ROLE } from '@berth/protocol';
import type { ViewerChannel } from '@berth/link';
import type { Clock, PlacedSize } from '@berth/session';
import type { ReadLog } from './log-replay.js';
import { message } from './message.js';
import type { LiveViewer, RunLink } from './run-link.js';
import type { Standing } from './standing.js';
import { isOwned } from './standing.js';
import { ViewerInput } from './viewer-input.js';
import { ViewerOutput } from './viewer-output.js';
import type { ViewerSocket } from './viewer-socket.js';

type Attach = Extract<ClientFrame, { type: 'attach' }>;
type Attached = Extract<ServerFrame, { type: 'attached' }>;

/** Writes down that somebody is attached in this role; undefined: not any more. */
export type Attend = (role: Role | undefined) => void;

/** Who is attached and what he asked for. */
export interface ViewerRequest {
  attach: Attach;
  principal: string;
  mayDrive: boolean;
  attend: Attend;
}

/** What a gateway holds for one viewer. */
export interface ViewerLoad {
  /** Output and answers that wait for the client's network. */
  outputBytes: number;
  /** Input that the host has not acknowledged, with what it costs to remember it. */
  inputBytes: number;
}

export interface ViewerOptions {
  socket: ViewerSocket;
  request: ViewerRequest;
  clock: Clock;
  readLog: ReadLog;
  /** The host has said where its run stands. */
  stateSeen: (run: RunLink, update: RunUpdate) => void;
  /** The host does not have this run: where it is has to be read again. */
  misplaced: (run: RunLink) => void;
  failed: (error: unknown) => void;
}

/** One attached client: its output, its input, and what it knows of the session. */
export class Viewer implements LiveViewer {
  private readonly input = new ViewerInput();
  private readonly output: ViewerOutput;
  private standing: Standing | undefined;
  private attached = false;
  private run: RunLink | undefined;
  private channel: ViewerChannel | undefined;
  private size: { cols: number; rows: number };
  private toldState = '';
  private lastToken = 0;
  private done = false;

  constructor(private readonly options: ViewerOptions) {
    const { request, clock, readLog, socket, failed } = options;
    this.size = { cols: request.attach.cols, rows: request.attach.rows };
    this.output = new ViewerOutput({
      from: request.attach.haveUpTo,
      clock,
      readLog,
      send: (bytes) => socket.send(bytes),
      joined: (live) => (live ? this.run?.join(this) : this.run?.leave(this)),
      exhausted: () => this.finish(),
      failed,
    });
  }

  get acked(): number {
    return this.output.acked;
  }

  /** What is held for this viewer at the moment. */
  get load(): ViewerLoad {
    return { outputBytes: this.options.socket.buffered, inputBytes: this.input.size };
  }

  /** The session's standing is new. */
  follow(standing: Standing): void {
    if (this.done) return;
    const before = this.standing;
    this.standing = standing;
    if (before && standing.update.epoch > before.update.epoch) this.restartInput();
    if (standing.run !== this.run) this.leaveRun({ lost: false });
    this.tellState();
    if (standing.run) this.enterRun(standing.run);
    else if (!isOwned(standing.update.state)) this.settle(standing);
  }

  receive(frame: ClientFrame): void {
    if (this.done) return;
    switch (frame.type) {
      case 'attach':
        return this.end('invalid_request');
      case 'input':
        return this.type(frame.inputSeq, frame.data);
      case 'ack':
        if (!this.output.acknowledge(frame.parsedUpTo)) return this.end('invalid_request');
        return this.run?.acknowledge(this);
      case 'resize':
        this.size = { cols: frame.cols, rows: frame.rows };
        return this.channel?.resize(frame.cols, frame.rows);
      case 'ping':
        return this.send({ type: 'pong', token: frame.token });
      case 'pong':
        return this.input.answered(frame.token);
    }
  }

  live(offset: number, bytes: Uint8Array, ready: Buffer): void {
    this.output.live(offset, bytes, ready);
  }

  liveBehind(ringStart: number): void {
    this.output.behind(ringStart);
  }

  liveSized(size: PlacedSize): void {
    this.output.liveSized(size);
  }

  /** Passes a message on as it is. */
  forward(ready: Buffer): void {
    this.options.socket.send(ready);
  }

  /** Looked at from time to time: a client that takes nothing for long is let go. */
  beat(): void {
    if (this.output.tooSlow(this.options.clock.now())) this.end('too_slow');
  }

  /** Closes the client's socket; its `closed` takes the viewer out of the session. */
  end(code: ErrorCode | 'done'): void {
    this.dispose({ lost: false });
    this.options.socket.close(code);
  }

  /** Takes everything down; `lost`: the client may be back in a moment. */
  dispose(how: { lost: boolean }): void {
    if (this.done) return;
    this.done = true;
    this.options.request.attend(undefined);
    this.input.clear();
    this.leaveRun(how);
  }

  private enterRun(run: RunLink): void {
    if (this.run) return;
    this.run = run;
    const { attach, principal, mayDrive } = this.options.request;
    const { clientId, wantsDrive } = attach;
    const current = (call: () => void): void => {
      if (!this.done && this.run === run) call();
    };
    this.channel = run.openViewer(
      { ...this.output.opening(), principal, clientId, mayDrive, wantsDrive, ...this.size },
      {
        prove: () => current(() => this.options.socket.proveAlive(() => current(() => this.channel?.proven()))),
        opened: (opened) => current(() => this.opened(run, opened)),
        output: (offset, bytes) => current(() => this.output.replayed(offset, bytes)),
        sized: (size) => current(() => this.output.replayedSize(size)),
        join: (at) => current(() => this.output.join(at)),
        behind: (ringStart) => current(() => this.output.behind(ringStart)),
        inputAck: (lastApplied) => current(() => this.inputApplied(lastApplied)),
        reject: (inputSeq, code) => current(() => this.refuseInput(inputSeq, code)),
        drained: () => current(() => this.input.offer()),
        closed: (code) => current(() => this.channelClosed(run, code)),
      },
    );
  }

  private leaveRun(how: { lost: boolean }): void {
    if (this.channel) this.run?.closeViewer(this.channel, how);
    this.channel = undefined;
    this.run?.remove(this);
    // What is being read from the log goes on where no host was at hand anyway.
    if (this.run || this.done) this.output.disconnect();
    this.run = undefined;
    this.input.disconnect();
  }

  private opened(run: RunLink, opened: LinkOpened): void {
    const { channel } = this;
    if (!channel) return;
    this.options.stateSeen(run, opened.state);
    if (this.channel !== channel) return;
    if (this.attached) this.options.request.attend(opened.role);
    else this.attach({ ...opened, epoch: run.epoch });
    this.input.connect((inputSeq, data) => channel.input(inputSeq, data), opened.lastInputSeq);
    if (opened.lastInputSeq > 0) this.send({ type: 'inputAck', lastApplied: opened.lastInputSeq });
    this.readOnOrHold();
    this.output.opened(channel, opened.ringStart);
  }

  private attach({ epoch, head, cols, rows, role, lastInputSeq }: Omit<Attached, 'type' | 'from'>): void {
    this.attached = true;
    this.output.attached({ cols, rows });
    this.send({ type: 'attached', epoch, head, from: this.output.sent, cols, rows, role, lastInputSeq });
    this.options.request.attend(role);
    this.tellState();
  }

  private channelClosed(run: RunLink, code: ErrorCode): void {
    this.channel = undefined;
    if (code === 'superseded' || code === 'invalid_request') return this.end(code);
    this.leaveRun({ lost: false });
    this.options.misplaced(run);
  }

  /** No host has this session: what there is comes from the store and the log. */
  private settle(standing: Standing): void {
    const { update, offsetLimit, head, cols, rows } = standing;
    // A session that has never run has nothing to attach to yet.
    if (update.epoch === 0 && !standing.final) return;
    if (!this.attached) {
      if (this.output.sent > offsetLimit) return this.end('invalid_request');
      const { attach, mayDrive } = this.options.request;
      const role = mayDrive && attach.wantsDrive ? ROLE.driver : ROLE.viewer;
      this.attach({ epoch: update.epoch, head: Math.max(head, this.output.sent), cols, rows, role, lastInputSeq: 0 });
    }
    this.output.readToEnd();
  }

  /** Everything there is has been sent. */
  private finish(): void {
    if (!this.standing?.endsKnown) return;
    this.output.tellSize(this.standing);
    if (!this.standing.final) return;
    this.tellState();
    this.end('done');
  }

  private type(inputSeq: number, data: Uint8Array): void {
    if (this.standing && !isOwned(this.standing.update.state)) return this.refuseInput(inputSeq, 'session_unreachable');
    if (this.input.receive(inputSeq, data) === 'ambiguous') return this.end('session_unreachable');
    this.readOnOrHold();
  }

  private inputApplied(lastApplied: number): void {
    this.input.acknowledge(lastApplied);
    this.send({ type: 'inputAck', lastApplied });
    this.readOnOrHold();
  }

  private refuseInput(inputSeq: number, code: string): void {
    this.input.refuse(inputSeq);
    this.send({ type: 'reject', inputSeq, code });
    this.readOnOrHold();
  }

  private readOnOrHold(): void {
    if (this.input.full) this.options.socket.hold('input');
    else this.options.socket.release('input');
  }

  /** Tells the client of the new run, then asks for an answer: what comes before it was typed for the old one. */
  private restartInput(): void {
    const token = ++this.lastToken;
    this.input.restart(token);
    this.readOnOrHold();
    if (!this.attached) return this.input.answered(token);
    this.tellState();
    this.send({ type: 'ping', token });
  }

  private tellState(): void {
    const { standing } = this;
    if (!standing) return;
    // ATTACHED comes first where it can be had now; the end of a session comes after its output.
    if (!this.attached && (standing.run || !mustWait(standing))) return;
    if (standing.final && !this.output.ended) return;
    const state = JSON.stringify(standing.update);
    if (state === this.toldState) return;
    this.toldState = state;
    this.send({ type: 'state', state: standing.update });
  }

  private send(frame: ServerFrame): void {
    this.options.socket.send(message(frame));
  }
}

/** Whether it will take a while until a client can be attached, so that it is told why. */
const mustWait = ({ update, final }: Standing): boolean =>
  update.state === 'starting' || update.unreachable === true || (update.epoch === 0 && !final);
