import { fixture } from './paths.js';

/** Puts the terminal into raw mode first: what is written is what arrives, and `cat` takes lines of any length. */
const raw = (program: string, ...args: string[]): string[] => ['sh', '-c', 'stty raw -echo; exec "$@"', 'sh', program, ...args];

/** What the echo program says when its terminal is set up. */
const READY = '[ready]';

/** What a flood repeats: with its line end 61 bytes, a prime, so that bytes in a wrong place are wrong bytes. */
const FLOOD_LINE = 'the quick brown fox jumps over the lazy dog again and again';
/** A colour, a line above margins that nothing scrolls away, and the cursor below it: what a viewer cannot guess who has missed it. */
const HEADLINE = '\x1b[2J\x1b[H\x1b[1;33mheadline\x1b[3;24r\x1b[5;1H';
const DONE = '\r\n[done]';

/** Commands that tests run in sessions. */
export const programs = {
  /** Says {@link READY}, then gives back what is typed, byte by byte. */
  echo: ['sh', '-c', `stty raw -echo; printf %s '${READY}'; exec cat`],
  ready: READY,
  /** Writes a seeded stream, then ends; `rate` in bytes a second. */
  seeded: (seed: number, bytes: number, rate?: number): string[] =>
    raw(process.execPath, fixture('seeded-output.mjs'), String(seed), String(bytes), ...(rate ? [String(rate)] : [])),
  /** Says {@link READY}, waits for a line, then writes a seeded stream and ends. */
  seededOnGo: (seed: number, bytes: number): string[] => [
    ...['sh', '-c', `stty raw -echo; printf %s '${READY}'; read go; exec "$@"`, 'sh'],
    ...[process.execPath, fixture('seeded-output.mjs'), String(seed), String(bytes)],
  ],
  /** Writes a seeded stream, then gives back what is typed. */
  seededThenEcho: (seed: number, bytes: number, rate?: number): string[] => [
    'sh',
    '-c',
    'stty raw -echo; "$@"; exec cat',
    'sh',
    process.execPath,
    fixture('seeded-output.mjs'),
    String(seed),
    String(bytes),
    ...(rate ? [String(rate)] : []),
  ],
  /** Says {@link READY}; each `p` paints so many bytes of a seeded screen and says `[painted <n>]`, `q` ends it. */
  paints: (seed: number, bytes: number): string[] => [process.execPath, fixture('paints.mjs'), String(seed), String(bytes)],
  /** Writes a seeded stream for ever, as fast as it may, and notes its progress in `file`. */
  building: (file: string, seed: number): string[] => raw(process.execPath, fixture('building.mjs'), file, String(seed)),
  /** Draws a headline, says {@link READY}, waits for a line, writes `bytes` of one line again and again, says so, then gives back what is typed. */
  flood: (bytes: number): string[] => [
    ...['sh', '-c', 'stty raw -echo; printf %s "$1"; read go; yes "$2" | head -c "$3"; printf %s "$4"; exec cat', 'sh'],
    ...[HEADLINE + READY, `${FLOOD_LINE}\r`, String(bytes), DONE],
  ],
  /** What {@link programs.flood} writes, in this order; the line is repeated and its last repetition is cut off. */
  flooded: { before: HEADLINE + READY, line: `${FLOOD_LINE}\r\n`, after: DONE },
  /** Reads a number of seconds a line, and floods for that long. */
  floodOnCall: ['sh', '-c', 'stty raw -echo; while read seconds; do timeout "$seconds" yes; done'],
  /** Says {@link READY}, reads nothing until `file` exists, then gives back what was typed. */
  readsLate: (file: string): string[] => [
    'sh',
    '-c',
    `stty raw -echo; printf %s '${READY}'; until [ -e "$1" ]; do sleep 0.1; done; exec cat`,
    'sh',
    file,
  ],
  /** Writes coloured words, lines that wrap and movements of the cursor, `rate` bytes a second, then gives back what is typed. */
  screen: (seed: number, bytes: number, rate: number): string[] =>
    raw(process.execPath, fixture('screen-output.mjs'), String(seed), String(bytes), String(rate)),
  /** A shell with children that try to outlive it; all carry `token` in their arguments. */
  family: (token: string): string[] => ['sh', fixture('family.sh'), token],
  /** Appends a line with its process id to `file` many times a second. */
  heartbeat: (file: string): string[] => [process.execPath, fixture('heartbeat.mjs'), file],
} as const;
