import { ACK_STEP, MAX_OUTPUT_CHUNK, OFFSET_RESERVATION, VIEWER_WINDOW } from '@berth/protocol';

/** The limits of one session, each with its reason, and the inequalities that bind them (checked in limits.spec.ts). */

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a program may still deliver after it has been paused: reads that were under way. */
export const PAUSE_HEADROOM = 4 * MAX_OUTPUT_CHUNK;

/** An idle shell needs no more. */
export const RING_INITIAL_BYTES = 64 * KIB;
/** Holds what a link or the log may lag behind: 40 ms at 100 MB/s. 64 sessions at this size are 256 MiB. `> 4 * PAUSE_HEADROOM`. */
export const RING_MAX_BYTES = 4 * MIB;

/**
 * Changes of size that are remembered for the output in the ring; the oldest output counts as gone with more of them. Somebody who drags a window for a
 * minute makes as many; a ring has half a megabyte of them at most.
 */
export const MARKS_IN_RING = 4_096;

/** Output of less than this in {@link QUIET_WINDOW_MS} goes out at once: keystrokes are not delayed. */
export const QUIET_BYTES = 4 * KIB;
export const QUIET_WINDOW_MS = 8;
/** Longest that busy output waits for company: below what a person sees. `< QUIET_WINDOW_MS`, so that a window holds several. */
export const COALESCE_MS = 4;
/** Busy output goes out at this size without waiting. `<= MAX_OUTPUT_CHUNK`. */
export const COALESCE_BYTES = MAX_OUTPUT_CHUNK;

/**
 * The program is paused when its fastest viewers have this much to parse. `PACE_HIGH + 2 * MAX_OUTPUT_CHUNK <= VIEWER_WINDOW` (one chunk is
 * coalescing, one is being read): so the fastest viewer is never thrown out of live output by its own window.
 */
export const PACE_HIGH = VIEWER_WINDOW - 2 * MAX_OUTPUT_CHUNK;
/** It goes on at this much. `ACK_STEP <= PACE_LOW < PACE_HIGH`, or it never would. */
export const PACE_LOW = PACE_HIGH / 2;
/** Viewers that owe an acknowledgement for this long (a stopped tab, a dead network) do not hold up the program or the other viewers. */
export const SILENT_MS = 5_000;
/** An acknowledgement is due once this much is unparsed: less is never acknowledged, so it proves nothing. */
export const ACK_DUE_BYTES = ACK_STEP;
/** Viewers that were cut off keep pacing for the first tries of a reconnect (0.5 + 1 + 2 + 4 s with jitter), so that it misses nothing. */
export const LOST_GRACE_MS = 10_000;
/** Pace of a program that nobody watches: faster than any build's output, and 16 MiB of log still hold its last 2 s. Bytes a second. */
export const UNATTENDED_RATE = 8 * MIB;
/** Burst that a program which nobody watches may use at once. `>= PAUSE_HEADROOM`. */
export const UNATTENDED_BURST = 1 * MIB;
/**
 * Top speed of a program whose viewers keep up: faster than terminals parse (xterm 5-35 MB/s), so that it costs nobody anything, and slow enough that
 * one flood leaves most of two cores to its neighbours. Bytes a second.
 */
export const ATTENDED_RATE = 32 * MIB;
/** What it may write at once, at full speed: most commands' whole output. */
export const ATTENDED_BURST = 2 * MIB;
/** Shortest pause for pace: more, shorter ones would cost more than they even out. */
export const UNATTENDED_MIN_PAUSE_MS = 10;

/** Output below this rate never waits for a share: keystrokes, prompts, a status line. Bytes a second; 64 sessions at it are 4 MiB/s. */
export const LIGHT_RATE = 64 * KIB;
/** What a light session may put out at once: a redrawn screen. */
export const LIGHT_BURST = 32 * KIB;
/** The least that a session is given at a time: one message. More where {@link SHARE_TURN_MS} of the host's rate is more. */
export const SHARE_QUANTUM = MAX_OUTPUT_CHUNK;
/** Quanta that a session may fall behind its share and still get: what others were given while its program woke up. Older claims lapse. */
export const SHARE_LAG_QUANTA = 4;
/** Sessions that wait for a share are served this often at most; each turn serves one or two, so that the order decides. */
export const SHARE_TURN_MS = 2;
/** What a host may put out at once after a quiet time, in milliseconds of its rate: a burst that nobody else has to wait for long. */
export const SHARE_BURST_MS = 50;

/** Client ids whose input sequence is remembered for a run; the one that detached longest ago goes first. */
export const MAX_CLIENTS = 1_024;
/** Back-off while a program does not read its input: at first the time it takes to be scheduled, at last cheap enough to go on for hours. */
export const INPUT_BACKOFF_MS = { first: 5, last: 50 } as const;

/** A batch of the log goes out after this long or at this size, whichever is first: 50 appends a second for a chatty session. */
export const LOG_BATCH_MS = 20;
/** With what Redis adds it fits into one of its 64 KiB blocks; the next larger ones have 80 KiB. */
export const LOG_BATCH_BYTES = 64 * KIB - 128;
export const LOG_BACKOFF_MS = { first: 50, last: 1_000 } as const;
/** A log that cannot free half the ring in this time (2 MiB: 1 MB/s) is as good as away: the program is held no longer, output goes on unlogged. */
export const LOG_STALL_MS = 2_000;
/** A closing run waits this long for its last bytes to reach the log. */
export const LOG_DRAIN_MS = 5_000;

/** Offsets left when the next reservation is asked for: 2 s of output at full speed. `PAUSE_HEADROOM < … < OFFSET_RESERVATION`. */
export const RESERVE_WHEN_LEFT = OFFSET_RESERVATION / 4;
export const RESERVE_BACKOFF_MS = { first: 100, last: 2_000 } as const;

/** A killed program is given up after this long: the kernel could not end it. */
export const KILL_WAIT_MS = 5_000;
/** A closing run waits this long for its owner to record the close; the viewers are told then in any case. */
export const RECORD_WAIT_MS = 5_000;
