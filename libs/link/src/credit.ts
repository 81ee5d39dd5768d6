import { MAX_OUTPUT_CHUNK } from '@berth/protocol';

/** Bytes of a session's live output that may be on their way to one gateway. The gateway gives them back as it reads. */
export const LIVE_CREDIT = 1024 * 1024;
/** The gateway gives credit back in steps of this size. `< LIVE_CREDIT / 2`, or the host waits for every step. */
export const CREDIT_STEP = LIVE_CREDIT / 4;
/** Most that a channel sends in its turn, so that no channel holds up another. */
export const TURN_BYTES = MAX_OUTPUT_CHUNK;
