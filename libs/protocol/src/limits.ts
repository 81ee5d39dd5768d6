/** Limits that more than one part must agree on, with the inequalities that bind them. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest frame on the byte socket, either direction. */
export const MAX_BYTE_FRAME = 1 * MIB;
/** Largest serialized screen: with what stands before it, it fills a SCREEN frame. */
export const MAX_SCREEN_BYTES = MAX_BYTE_FRAME - 11;
/** Most bytes of one OUTPUT frame: large enough to amortise a message, small enough to share a connection. */
export const MAX_OUTPUT_CHUNK = 64 * KIB;
/** Bytes that may be on their way to one viewer, sent and not yet acknowledged. */
export const VIEWER_WINDOW = 512 * KIB;
/** A viewer that fell behind is served again once no more than this is outstanding. `<= VIEWER_WINDOW / 2`. */
export const VIEWER_LOW_MARK = VIEWER_WINDOW / 2;
/** How often a client acknowledges what its terminal has parsed. `<= VIEWER_LOW_MARK`, or output never resumes. */
export const ACK_STEP = 32 * KIB;
/** Input of one session that its program has not read yet. */
export const INPUT_QUEUE_BYTES = 1 * MIB;
/** Offsets reserved ahead of the output of a run; nothing is emitted past the reservation. */
export const OFFSET_RESERVATION = 64 * MIB;
/** A connection that has not sent ATTACH by then is closed. */
export const ATTACH_TIMEOUT_MS = 5_000;
/** Largest offset: what a u48 holds. */
export const MAX_OFFSET = 2 ** 48 - 1;

export const TERMINAL_COLS = { min: 2, max: 1000, default: 80 } as const;
export const TERMINAL_ROWS = { min: 1, max: 500, default: 24 } as const;
