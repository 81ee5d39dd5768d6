import { fixture } from './paths.js';

/** Puts the terminal into raw mode first: what is written is what arrives, and `cat` takes lines of any length. */
const raw = (program: string, ...args: string[]): string[] => ['sh', '-c', 'stty raw -echo; exec "$@"', 'sh', program, ...args];

/** What the echo program says when its terminal is set up. */
const READY = '[ready]';

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
  /** A shell with children that try to outlive it; all carry `token` in their arguments. */
  family: (token: string): string[] => ['sh', fixture('family.sh'), token],
  /** Appends a line with its process id to `file` many times a second. */
  heartbeat: (file: string): string[] => [process.execPath, fixture('heartbeat.mjs'), file],
} as const;
