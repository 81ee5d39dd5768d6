import { ACK_STEP, MAX_BYTE_FRAME, MAX_OUTPUT_CHUNK, VIEWER_LOW_MARK, VIEWER_WINDOW } from '@berth/protocol';

/** Limits of the gateway's byte sockets, each with its reason. */

const KIB = 1024;

/** A window this full takes no further chunk. `FULL_MARK > VIEWER_LOW_MARK >= ACK_STEP`, so an acknowledgement always comes and always helps. */
export const FULL_MARK = VIEWER_WINDOW - MAX_OUTPUT_CHUNK;
/**
 * Most that a screen takes of a window, however large it is. Clients need not acknowledge one by itself: with what they leave unacknowledged before it, it
 * must not keep a window above its low mark. `ACK_STEP + SCREEN_MOST <= VIEWER_LOW_MARK`.
 */
export const SCREEN_MOST = VIEWER_LOW_MARK - ACK_STEP;
/** A viewer whose window stays full for this long is let go. */
export const TOO_SLOW_MS = 60_000;
/** Credit is given back to the host in steps, not for each acknowledgement. `<= VIEWER_LOW_MARK`. */
export const CREDIT_STEP = ACK_STEP;
/** Bytes that a socket may hold for its client: the window, as much again for small frames that no window counts, and a screen. */
export const MAX_BUFFERED = 2 * VIEWER_WINDOW + MAX_BYTE_FRAME;

/** Input that the host has not acknowledged; above it the gateway stops reading from the client. */
export const INPUT_PENDING_BYTES = 256 * KIB;
/** What a frame of input costs beside its bytes: or a client that types single bytes for a host that is away would have 50 MB remembered. */
export const INPUT_FRAME_COST = 256;

/** Messages a client may send at once, and a second: several times what a paste or a held key makes. */
export const MESSAGE_BURST = 4_000;
export const MESSAGES_A_SECOND = 2_000;
/** A client that has been held back for this long without a rest does not mean well. */
export const THROTTLED_MS = 5_000;

/** Two of these without a word from a client and its connection is given up: 20 s. */
export const BEAT_MS = 10_000;
/** A closing handshake that takes longer is cut off. */
export const CLOSE_MS = 5_000;

/** Connections that have not attached yet: enough for everybody behind one address to come back at once after a restart. */
export const MAX_PENDING = 2_048;
export const MAX_PENDING_OF_ADDRESS = 512;

/** Pauses before the host of a session is tried again. */
export const LINK_RETRY_MS = { first: 50, last: 2_000 } as const;
/** How often a session is read again while its viewers wait for something that a bell will announce, should that bell be lost. */
export const REREAD_WAITING_MS = 1_000;
/** The same for sessions with nothing to wait for. */
export const REREAD_QUIET_MS = 10_000;
/** While the log is away, how often it is tried, and for how long a viewer waits before its output goes on behind a gap. */
export const LOG_RETRY_MS = 250;
export const LOG_PATIENCE_MS = 5_000;

if (!(ACK_STEP <= VIEWER_LOW_MARK && VIEWER_LOW_MARK < FULL_MARK && CREDIT_STEP <= VIEWER_LOW_MARK))
  throw new Error('viewer limits contradict each other');
