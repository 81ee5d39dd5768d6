import { seededRandom } from '@berth/testing';
import { ScreenFold, type ScreenCheckpoint } from '../screen-fold.js';
import { LATER_BYTES, laterOutput } from './later-output.js';
import type { Program, Step } from './random-program.js';
import { differences, Viewer } from './terminal-state.js';

/** Where a program is cut: after so many bytes of step `step`. */
export interface Cut {
  readonly step: number;
  readonly bytes: number;
}

export interface Outcome {
  /** Where the two terminals differ and how; empty if nowhere. */
  readonly failure: string;
  readonly losses: readonly string[];
  /** Comparisons made. */
  readonly compared: number;
  /** The last one was made {@link LATER_BYTES} after the program's end. */
  readonly later: boolean;
}

/** What a terminal that fell behind may have been in the middle of. */
const LONG_AGO = new TextEncoder().encode(
  '\x1b[?25l\x1b[20h\x1b]2;old\x07\x1b]4;3;#112233\x07\x1b[?1049h\x1b(0\x1b[2;3rx\x1b7\x1b[4;31mlong ago\x1b]8;;http://old/\x07y\x1b]2;unfinish',
);

/**
 * One terminal sees the whole program; another gets the checkpoint taken at the cut, the bytes from its offset, and then the rest. Both are
 * compared at the cut, every few steps after it, at the end, and with `goesOnLater` when ordinary output has
 * gone on for {@link LATER_BYTES}.
 */
export function replay(program: Program, cut: Cut, { goesOnLater = false } = {}): Outcome {
  const size = { cols: program.cols, rows: program.rows, scrollback: program.scrollback };
  const random = seededRandom(program.seed ^ 0x5eed);
  const { before, after } = divide(program.steps, cut);
  const whole = new Viewer(size);
  const { checkpoint, seen } = foldOf(before, { size, random, whole });

  const late = new Viewer({ ...size, cols: checkpoint.cols, rows: checkpoint.rows });
  if (random.chance(0.5)) late.write(LONG_AGO);
  late.write(new TextEncoder().encode(checkpoint.serialized));
  late.write(seen.subarray(checkpoint.offset));

  let compared = 0;
  let later = false;
  const compare = (where: string): string => {
    compared++;
    const found = differences(whole, late);
    if (found.length === 0) return '';
    return `${where}:\n  ${found.slice(0, 6).join('\n  ')}\n  checkpoint ${JSON.stringify(checkpoint.serialized)}`;
  };
  let failure = whole.lacksLines ? '' : compare('at the cut');
  let goesOn = failure === '' && checkpoint.losses.length === 0;
  for (let i = 0; i < after.length && failure === '' && goesOn; i++) {
    goesOn = !parted(whole, late, after[i] as Step);
    if (goesOn && (i % 3 === 2 || i === after.length - 1)) failure = compare(`${i + 1} steps after the cut`);
  }
  if (goesOnLater && goesOn && failure === '' && !parted(whole, late, { bytes: laterOutput(program.seed) })) {
    failure = compare(`${LATER_BYTES} bytes later`);
    later = true;
  }
  whole.terminal.dispose();
  late.terminal.dispose();
  return { later, losses: checkpoint.losses, compared, failure };
}

/** Feeds the fold, and the terminal that sees it all, the same pieces; sometimes the fold is given up for one that resumes from its checkpoint. */
function foldOf(
  steps: readonly Step[],
  to: { size: { cols: number; rows: number; scrollback: number }; random: ReturnType<typeof seededRandom>; whole: Viewer },
) {
  const seen: number[] = [];
  let fold = new ScreenFold(to.size);
  for (const step of steps) {
    if (to.whole.lacksLines) break;
    if ('cols' in step) {
      to.whole.resize(step.cols, step.rows);
      fold.resize(step.cols, step.rows);
      continue;
    }
    for (let at = 0; at < step.bytes.length;) {
      const piece = step.bytes.subarray(at, at + to.random.int(1, 40));
      to.whole.write(piece);
      fold.write(piece);
      seen.push(...piece);
      at += piece.length;
    }
  }
  let checkpoint: ScreenCheckpoint = fold.checkpoint();
  if (checkpoint.losses.length === 0 && to.random.chance(0.2)) {
    fold.dispose();
    fold = ScreenFold.resume(checkpoint, { scrollback: to.size.scrollback });
    fold.write(Uint8Array.from(seen.slice(checkpoint.offset)));
    checkpoint = fold.checkpoint();
  }
  fold.dispose();
  return { checkpoint, seen: Uint8Array.from(seen) };
}

function divide(steps: readonly Step[], { step, bytes }: Cut): { before: readonly Step[]; after: readonly Step[] } {
  const at = steps[step];
  if (!at || !('bytes' in at)) return { before: steps.slice(0, step), after: steps.slice(step) };
  const [head, tail] = [{ bytes: at.bytes.subarray(0, bytes) }, { bytes: at.bytes.subarray(bytes) }];
  return { before: [...steps.slice(0, step), head], after: [tail, ...steps.slice(step + 1)] };
}

/** Gives both the next step; true when they may go apart from here on for a reason of xterm's own, which the README lists. */
function parted(whole: Viewer, late: Viewer, step: Step): boolean {
  const stops = whole.tabStops('beyond') !== late.tabStops('beyond');
  const reflows = whole.ringStart !== late.ringStart || ('cols' in step && whole.keepsMarks !== late.keepsMarks);
  for (const viewer of [whole, late]) {
    if ('cols' in step) viewer.resize(step.cols, step.rows);
    else viewer.write(step.bytes);
  }
  if (whole.lacksLines || whole.hidesCells || whole.forgotLink || late.forgotLink) return true;
  return 'cols' in step && (reflows || (stops && whole.tabStops('shown') !== late.tabStops('shown')));
}
