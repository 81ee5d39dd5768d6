import { randomInt } from 'node:crypto';
import { seededRandom, type SeededRandom } from '@berth/testing';

/** The seed of a schedule: random, or E2E_SEED to repeat an earlier one. */
export const chosenSeed = (): number => Number(process.env['E2E_SEED'] ?? randomInt(2 ** 31));

/** Runs the work with random choices; a failure names the seed that repeats them. */
export async function withSeed<T>(work: (random: SeededRandom, seed: number) => Promise<T>): Promise<T> {
  const seed = chosenSeed();
  try {
    return await work(seededRandom(seed), seed);
  } catch (error) {
    throw new Error(`with E2E_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
