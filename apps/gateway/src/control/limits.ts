/** Limits of the control socket, each with its reason. */

/** Largest message of a client: a call is some 100 bytes. */
export const MAX_MESSAGE = 16 * 1024;
/** A connection that has not shown a good ticket by then is closed. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** A client that is silent for both together is gone: 20 s, as on the byte socket. */
export const HEARTBEAT_MS = { interval: 10_000, timeout: 10_000 } as const;

/** Sessions that one client may watch: several pages of a list. */
export const MAX_WATCHES = 200;
/** Packets that a client may send at once, and a second. `burst > 2 * MAX_WATCHES`: after a reconnect it watches everything again. */
export const PACKETS = { burst: 500, aSecond: 50 } as const;

/** Bytes that may wait for a client's network, and how often that is looked at: one that reads nothing must not fill our memory. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;
export const BEAT_MS = 1_000;

/** Pause between two looks at the sessions that changed: a session that changes all the time is told this often. */
export const COALESCE_MS = 200;
/** Sessions read in one go. */
export const BATCH = 50;
/** Sessions of a tenant that are kept in mind, to tell what a lost bell was about; also the most that are read because of one. */
export const KNOWN_SESSIONS = 200;
/** How often a tenant's list is read again in case a bell was lost. */
export const REREAD_MS = 30_000;
/** Pause after a read that failed. */
export const RETRY_MS = 1_000;
/** How long a client waits until its tenant's bell is listened for; then it is let in all the same. */
export const READY_MS = 1_500;

/** How often a watched session is looked at, in case its last viewer's gateway was killed or a bell was lost. With an entry's lifetime < 10 s. */
export const LOOK_MS = 2_000;
