import { ROLE } from '@berth/protocol';
import { MAX_CLIENTS } from './limits.js';
import type { Attachment, ViewerEvents, ViewerRequest } from './ports.js';

/** What the gate lets through. */
export interface GatedProgram {
  /** False once the run is ending: input is then neither taken nor refused. */
  readonly takesInput: boolean;
  /** Queues input; false when it does not fit. */
  input(bytes: Uint8Array): boolean;
  resize(cols: number, rows: number): void;
}

interface Client {
  /** Last input sequence that was applied or refused; the next is one more. */
  lastInputSeq: number;
  /** Ends the attachment that holds this client id now. */
  supersede: (() => void) | undefined;
}

/**
 * Numbers every client's input for itself, so that each piece is applied once and in order whatever connections it came over. Clients are
 * remembered by (principal, clientId) for the run, {@link MAX_CLIENTS} of them; one that has been forgotten starts at 1 again, and is told so
 * by `lastInputSeq` when it attaches.
 */
export class InputGate {
  /** In the order in which they last attached or detached. */
  readonly #clients = new Map<string, Client>();

  constructor(private readonly program: GatedProgram) {}

  rivalOf(viewer: Pick<ViewerRequest, 'principal' | 'clientId'>): object | undefined {
    return this.#clients.get(keyOf(viewer))?.supersede;
  }

  attach(viewer: ViewerRequest, events: ViewerEvents): Attachment {
    const key = keyOf(viewer);
    const client = this.#clients.get(key) ?? { lastInputSeq: 0, supersede: undefined };
    const superseded = client.supersede;
    const role = viewer.mayDrive && viewer.wantsDrive ? ROLE.driver : ROLE.viewer;
    let attached = true;

    const leave = () => {
      attached = false;
      client.supersede = undefined;
      this.#remember(key, client);
    };
    client.supersede = () => {
      attached = false;
      events.closed('superseded');
    };
    this.#remember(key, client);
    superseded?.();
    if (role === ROLE.driver) this.program.resize(viewer.cols, viewer.rows);

    return {
      role,
      lastInputSeq: client.lastInputSeq,
      input: (inputSeq, bytes) => {
        if (!attached || !this.program.takesInput) return;
        if (inputSeq <= client.lastInputSeq) {
          events.inputAck(client.lastInputSeq);
        } else if (inputSeq > client.lastInputSeq + 1) {
          leave();
          events.closed('invalid_request');
        } else {
          client.lastInputSeq = inputSeq;
          if (role === ROLE.viewer) events.reject(inputSeq, 'forbidden');
          else if (this.program.input(bytes)) events.inputAck(inputSeq);
          else if (this.program.takesInput) events.reject(inputSeq, 'input_full');
        }
      },
      resize: (cols, rows) => {
        if (attached && role === ROLE.driver) this.program.resize(cols, rows);
      },
      detach: () => {
        if (attached) leave();
      },
    };
  }

  #remember(key: string, client: Client): void {
    this.#clients.delete(key);
    this.#clients.set(key, client);
    if (this.#clients.size <= MAX_CLIENTS) return;
    for (const [oldest, { supersede }] of this.#clients) {
      if (supersede === undefined) {
        this.#clients.delete(oldest);
        return;
      }
    }
  }
}

const keyOf = ({ principal, clientId }: Pick<ViewerRequest, 'principal' | 'clientId'>): string => JSON.stringify([principal, clientId]);
