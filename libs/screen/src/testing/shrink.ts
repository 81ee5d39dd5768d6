import type { Program, Step } from './random-program.js';
import type { Cut } from './replay.js';

export interface Case {
  readonly program: Program;
  readonly cut: Cut;
}

/** A case in words, each step on a line. */
export function showCase({ program: { seed, cols, rows, scrollback, steps }, cut }: Case): string {
  const shown = steps.map((step, i) => {
    const text = 'cols' in step ? `resize ${step.cols}x${step.rows}` : JSON.stringify(Buffer.from(step.bytes).toString('latin1'));
    return i === cut.step ? `  cut after ${cut.bytes} bytes of: ${text}` : `  ${text}`;
  });
  return `seed ${seed}, ${cols}x${rows}, ${scrollback} lines of scrollback\n${shown.join('\n')}${cut.step >= steps.length ? '\n  cut here' : ''}`;
}

/** The smallest case that still fails: steps are left out, then bytes of them, for as long as it does. */
export function shrink(from: Case, fails: (smaller: Case) => boolean): Case {
  let best = from;
  for (;;) {
    const smaller = [...smallerThan(best)].find(fails);
    if (!smaller) return best;
    best = smaller;
  }
}

function* smallerThan({ program, cut }: Case): Generator<Case> {
  const { steps } = program;
  for (let width = Math.max(1, steps.length >> 1); width >= 1; width >>= 1) {
    for (let at = 0; at < steps.length; at += width) yield without({ program, cut }, at, Math.min(steps.length, at + width));
  }
  for (const [index, step] of steps.entries()) {
    if (index === cut.step) continue;
    for (const smaller of smallerSteps(step)) yield { program: { ...program, steps: steps.with(index, smaller) }, cut };
  }
}

/** Leaves out steps; a cut within them moves to where they were. */
function without({ program, cut }: Case, from: number, to: number): Case {
  const steps = [...program.steps.slice(0, from), ...program.steps.slice(to)];
  if (cut.step < from) return { program: { ...program, steps }, cut };
  return { program: { ...program, steps }, cut: cut.step >= to ? { ...cut, step: cut.step - (to - from) } : { step: from, bytes: 0 } };
}

function smallerSteps(step: Step): Step[] {
  if (!('bytes' in step) || step.bytes.length < 2) return [];
  const { bytes } = step;
  const half = bytes.length >> 1;
  return [bytes.subarray(0, half), bytes.subarray(half), bytes.subarray(1), bytes.subarray(0, -1)].map((part) => ({ bytes: part }));
}
