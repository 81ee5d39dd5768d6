import type { ControlCall } from '@berth/protocol';
import { CONTROL_PATH } from '@berth/protocol';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';

/** One connection to a gateway's control socket; nothing is heard of it after `close`. */
export interface ControlConnection {
  /** Asks for something; `answered` gets what the gateway says, unread. */
  call(name: ControlCall, input: unknown, answered: (answer: unknown) => void): void;
  close(): void;
}

export interface ControlConnectionEvents {
  /** The gateway has accepted the ticket. */
  connected(): void;
  /** Anything that the gateway says, unread. */
  event(name: string, payload: unknown): void;
  /** Refused, lost or let go of; called once at most. */
  closed(): void;
}

/** Starts one connection with a one-use ticket. */
export type OpenControlConnection = (request: { baseUrl: string; ticket: string }, events: ControlConnectionEvents) => ControlConnection;

/**
 * One connection over socket.io. Its own reconnection is off: it gives up for good when a gateway refuses it once, and a ticket
 * is good for one connection only.
 */
export const openSocketIo: OpenControlConnection = ({ baseUrl, ticket }, events) => {
  const socket = io(new URL(baseUrl).origin, {
    path: CONTROL_PATH,
    transports: ['websocket'],
    parser,
    auth: { ticket },
    forceNew: true,
    reconnection: false,
  });
  let done = false;
  const closed = (): void => {
    if (done) return;
    done = true;
    socket.disconnect();
    events.closed();
  };
  socket.on('connect', () => events.connected());
  socket.on('connect_error', closed);
  socket.on('disconnect', closed);
  socket.onAny((name: string, payload: unknown) => {
    if (!done) events.event(name, payload);
  });
  return {
    call: (name, input, answered) => {
      if (!done) socket.emit(name, input, answered);
    },
    close: () => {
      done = true;
      socket.disconnect();
    },
  };
};
