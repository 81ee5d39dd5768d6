import { seededRandom } from '@berth/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { randomProgram, randomStep, type Program } from './testing/random-program.js';
import { replay, type Cut, type Outcome } from './testing/replay.js';
import { showCase, shrink, type Case } from './testing/shrink.js';

const PROGRAMS = 10_000;
const FIRST = Number(process.env['BERTH_TEST_FROM'] ?? 1);
const PER_TEST = 500;
const MOST_STEPS = 40;

/** After each of these many programs ordinary output goes on for 64 KiB; after all of them it takes minutes, 20 is for work on the screen. */
const LATER_EVERY = Number(process.env['BERTH_TEST_LATER_EVERY'] ?? 1);
/** Each of these many programs goes on by itself for 64 KiB. */
const LONG_EVERY = 250;
const LONG_BYTES = 64 * 1024;

function caseOf(seed: number): Case {
  const program = randomProgram(seed, MOST_STEPS);
  const random = seededRandom(seed ^ 0xc07);
  const step = random.int(0, program.steps.length);
  const at = program.steps[step];
  const cut: Cut = { step, bytes: at && 'bytes' in at && random.chance(0.5) ? random.int(0, at.bytes.length) : 0 };
  return { program: seed % LONG_EVERY === 0 ? prolong(program) : program, cut };
}

function prolong(program: Program): Program {
  const random = seededRandom(program.seed ^ 0x10f6);
  const steps = [...program.steps];
  for (let bytes = 0; bytes < LONG_BYTES;) {
    const step = randomStep(random);
    if (!('bytes' in step)) continue;
    steps.push(step);
    bytes += step.bytes.length;
  }
  return { ...program, steps };
}

function outcomeOf({ program, cut }: Case): Outcome {
  try {
    return replay(program, cut, { goesOnLater: program.seed % LATER_EVERY === 0 });
  } catch (error) {
    return { failure: `threw ${(error as Error).stack}`, losses: [], compared: 0, later: false };
  }
}

/** A loss that the checkpoint admits may show, and is counted instead. */
const failed = (outcome: Outcome) => outcome.failure !== '' && outcome.losses.length === 0;

describe('a terminal that starts from a checkpoint', () => {
  const losses = new Map<string, number>();
  let compared = 0;
  let lossless = 0;
  let later = 0;

  it.each(Array.from({ length: PROGRAMS / PER_TEST }, (_, i) => FIRST + i * PER_TEST))(
    `is equal to one that has seen everything, then and later (${PER_TEST} random programs from seed %i)`,
    { timeout: 120_000 },
    (from) => {
      for (let seed = from; seed < from + PER_TEST; seed++) {
        const made = caseOf(seed);
        const outcome = outcomeOf(made);
        compared += outcome.compared;
        if (outcome.losses.length === 0) lossless++;
        if (outcome.later) later++;
        for (const loss of outcome.losses) losses.set(loss, (losses.get(loss) ?? 0) + 1);
        if (!failed(outcome)) continue;
        const smallest = shrink(made, (smaller) => failed(outcomeOf(smaller)));
        expect.fail(`${showCase(smallest)}\n${outcomeOf(smallest).failure}`);
      }
    },
  );

  afterAll(() => {
    // A checkpoint that admits losses too easily would prove nothing.
    expect(lossless, JSON.stringify([...losses])).toBeGreaterThan(PROGRAMS * 0.9);
    // Nearly all of those without losses come that far.
    expect(later).toBeGreaterThan((PROGRAMS / LATER_EVERY) * 0.7);
    expect(compared).toBeGreaterThan(PROGRAMS * 4);
  });
});
