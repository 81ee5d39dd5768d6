import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { ByteSocketEvents, ConnectionState, Screen } from '@berth/client';
import { ByteSocket } from '@berth/client';
import type { RunUpdate, SessionView } from '@berth/protocol';
import { ROLE, statusAfter } from '@berth/protocol';
import type { Account } from '../account/account.js';
import { EXIT } from '../failure.js';
import { nameOf, shortId } from '../sessions/find-session.js';
import type { DetachKeys } from './detach-keys.js';
import { givenScreen } from './given-screen.js';
import { HistoryGate } from './history-gate.js';
import { InputPath } from './input-path.js';
import type { Size } from './local-terminal.js';
import { LocalTerminal } from './local-terminal.js';
import { nodeSocket } from './node-socket.js';
import type { Outcome } from './outcome.js';
import { connectionEnded, runEnded } from './outcome.js';

export interface AttachOptions {
  account: Account;
  session: SessionView;
  keys: DetachKeys;
  /** Look without typing. */
  watch: boolean;
  /** The session has just been made for this terminal: what it has asked so far nobody else has answered. */
  fresh: boolean;
  /** How long to try in vain to reach the server. */
  giveUpMs: number;
  /** TERM of the environment. */
  term: string | undefined;
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** What was typed before leaving gets this long to arrive. */
const LAST_KEYS_MS = 2_000;
/** The last output of a run whose end was told before it. */
const LAST_OUTPUT_MS = 3_000;
const LOOK_MS = 20;
/** Between two sizes, so that a program sees both. */
const REDRAW_MS = 50;

/** One terminal attached to one session, from raw mode to the way out. */
export class Attachment {
  private readonly terminal: LocalTerminal;
  private readonly socket: ByteSocket;
  private readonly input: InputPath;
  private readonly history: HistoryGate;
  private readonly name: string;
  private readonly ends: (() => void)[] = [];
  private giveUp: NodeJS.Timeout | undefined;
  private run: RunUpdate | undefined;
  private phase: ConnectionState['phase'] = 'connecting';
  private conclude: (outcome: Outcome) => void = () => undefined;
  private over = false;
  private saysLarger = false;

  constructor(private readonly options: AttachOptions) {
    const { session, account, watch, keys } = options;
    this.name = nameOf(session);
    this.terminal = new LocalTerminal(
      {
        input: (bytes) => this.input.typed(bytes),
        inputEnded: (hungUp) => hungUp && this.endBySignal('SIGHUP'),
        outputFailed: () => this.end({ exitCode: EXIT.failed, message: 'the output has been closed' }),
        resized: ({ cols, rows }) => this.socket.resize(cols, rows),
        continued: () => this.continued(),
      },
      options.term,
    );
    this.socket = new ByteSocket({
      sessionId: session.id,
      clientId: `cli-${randomUUID()}`,
      gateways: [account.server],
      credential: credentialOf(account),
      openSocket: nodeSocket,
      ...(this.terminal.size ?? this.sizeOfSession),
      wantsDrive: !watch,
      events: this.events(),
    });
    this.input = new InputPath(this.socket, this.terminal, { keys, watch, detach: () => void this.detach() });
    this.history = new HistoryGate(this.terminal, this.input);
  }

  /** Shows the session until one of them has enough; the terminal is as before when it resolves or rejects. */
  async show(): Promise<Outcome> {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      this.conclude = resolve;
      const failed = (error: unknown): void => {
        this.takeDown();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      process.on('uncaughtException', failed);
      this.ends.push(() => process.off('uncaughtException', failed));
    });
    for (const signal of ENDING) {
      const ended = (): void => this.endBySignal(signal);
      process.on(signal, ended);
      this.ends.push(() => process.off(signal, ended));
    }
    try {
      this.terminal.enter();
      this.watchForGivingUp();
      this.socket.open();
    } catch (error) {
      this.takeDown();
      throw error;
    }
    return outcome;
  }

  private events(): ByteSocketEvents {
    return {
      output: (offset, data, done) => this.history.output(offset, data, done),
      gap: (from, to, reason) => this.showGap(from, to, reason),
      screen: (screen, done) => this.showScreen(screen, done),
      state: (update) => this.followRun(update),
      resized: (cols, rows) => this.noteSize({ cols, rows }),
      attached: ({ role, head }) => {
        this.input.mayType = role === ROLE.driver;
        this.history.attached(this.options.fresh ? 0 : head);
      },
      connection: (state) => this.followConnection(state),
      roundTrip: () => undefined,
      rejected: () => this.terminal.say('\u0007'),
    };
  }

  private get sizeOfSession(): Size {
    const { cols, rows } = this.options.session;
    return { cols, rows };
  }

  private followConnection(state: ConnectionState): void {
    this.phase = state.phase;
    switch (state.phase) {
      case 'connecting':
      case 'attaching':
        return undefined;
      case 'retrying':
        this.watchForGivingUp();
        return this.terminal.status('reconnecting…');
      case 'attached':
        clearTimeout(this.giveUp);
        this.giveUp = undefined;
        return this.terminal.status(undefined);
      case 'ended':
        return void this.connectionEnded(state);
    }
  }

  /** From the first failure on, until attached again. */
  private watchForGivingUp(): void {
    const { giveUpMs, account } = this.options;
    const message = `${account.server} could not be reached for ${String(Math.round(giveUpMs / 1000))} s`;
    const advice = `The session goes on if its host does. Come back with: berth attach ${shortId(this.options.session.id)}`;
    this.giveUp ??= setTimeout(() => this.end({ exitCode: EXIT.unreachable, message, advice }), giveUpMs);
  }

  private followRun(update: RunUpdate): void {
    this.run = update;
    // A host that is looked for is no failure of the server.
    clearTimeout(this.giveUp);
    if (update.unreachable === true) this.terminal.status('host unreachable…');
    else if (update.state === 'queued' || update.state === 'starting') this.terminal.status('starting…');
    else this.terminal.status(undefined);
    if (update.state === 'closed' && update.closeReason !== undefined && statusAfter(update.closeReason) === 'suspended')
      void this.suspended();
  }

  /** The run is over, its last output may still be on its way. */
  private async suspended(): Promise<void> {
    const { account, session } = this.options;
    const stored = await account.api.call('getSession', { params: { sessionId: session.id } }).catch(() => undefined);
    await this.wait(LAST_OUTPUT_MS, () => this.socket.parsedUpTo >= (stored?.head ?? 0));
    await this.runEnded();
  }

  private async connectionEnded({ error }: Extract<ConnectionState, { phase: 'ended' }>): Promise<void> {
    if (this.over) return;
    if (this.run?.state === 'closed') return this.runEnded();
    this.end(connectionEnded(error, this.name));
  }

  private async runEnded(): Promise<void> {
    await this.terminal.drained();
    if (this.run) this.end(runEnded(this.run, this.name, shortId(this.options.session.id)));
  }

  private showGap(from: number, to: number, reason: string): void {
    this.terminal.soften();
    const words =
      from === 0 && reason === 'pruned'
        ? 'earlier output is no longer kept'
        : `${String(to - from)} bytes of output are missing (${reason})`;
    this.terminal.warn(words);
    this.history.skippedTo(to);
    this.redraw();
  }

  /** History that is not kept any more, as the screen that it has led to. */
  private showScreen({ from, offset, cols, rows, serialized }: Screen, done: () => void): void {
    const ours = this.terminal.size;
    if (!ours) {
      this.terminal.warn(`${String(offset - from)} bytes of earlier output are no longer kept`);
      this.history.skippedTo(offset);
      return done();
    }
    this.terminal.soften();
    this.terminal.write(givenScreen(serialized, ours), () => {
      done();
      this.history.skippedTo(offset);
    });
    // Written for another size, it is not what this window shows; the program draws anew for the size that it is given.
    if (cols !== ours.cols || rows !== ours.rows) this.redraw();
  }

  /** Asks the program to draw its screen anew, by changing its size for a moment. */
  private redraw(): void {
    const { size } = this.terminal;
    if (!size || !this.input.mayType) return;
    this.socket.resize(size.cols, size.rows > 1 ? size.rows - 1 : size.rows + 1);
    const timer = setTimeout(() => this.socket.resize(size.cols, size.rows), REDRAW_MS);
    this.ends.push(() => clearTimeout(timer));
  }

  /** The session is larger than what a watcher can see of it, or was when it wrote what comes now. */
  private noteSize(theirs: Size): void {
    const ours = this.terminal.size;
    const larger = ours !== undefined && !this.input.mayType && (theirs.cols > ours.cols || theirs.rows > ours.rows);
    if (larger) this.terminal.status(`${String(theirs.cols)}×${String(theirs.rows)} is larger than this window`);
    else if (this.saysLarger) this.terminal.status(undefined);
    this.saysLarger = larger;
  }

  private continued(): void {
    this.socket.open();
    this.redraw();
  }

  private async detach(): Promise<void> {
    if (this.phase === 'attached') await this.wait(LAST_KEYS_MS, () => this.socket.pendingInput === 0);
    const lost = this.socket.pendingInput;
    const message = `detached from ${this.name}; it goes on`;
    const advice = `${lost > 0 ? `${String(lost)} bytes typed while offline were not sent. ` : ''}Back with: berth attach ${shortId(this.options.session.id)}`;
    this.end({ exitCode: EXIT.done, message, advice });
  }

  private endBySignal(signal: NodeJS.Signals): void {
    this.end({ exitCode: 128 + constants.signals[signal], message: `detached from ${this.name}; it goes on` });
  }

  private async wait(ms: number, done: () => boolean): Promise<void> {
    const end = performance.now() + ms;
    while (!done() && !this.over && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  private end(outcome: Outcome): void {
    if (this.over) return;
    this.takeDown();
    this.conclude(outcome);
  }

  private takeDown(): void {
    this.over = true;
    this.terminal.leave();
    this.input.close();
    this.history.close();
    clearTimeout(this.giveUp);
    for (const end of this.ends.splice(0)) end();
    this.socket.close();
  }
}

/** The account's access token; a refused one is renewed. */
function credentialOf(account: Account): (renew: boolean) => Promise<{ accessToken: string }> {
  let used: string | undefined;
  return async (renew) => {
    used = await account.accessToken(renew ? used : undefined);
    return { accessToken: used };
  };
}
