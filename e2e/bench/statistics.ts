/** Quartiles of a set of measurements. */
export interface Quartiles {
  q25: number;
  median: number;
  q75: number;
}

/** Value below which a share of the measurements lies, interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) throw new Error('no measurements');
  return low + (high - low) * (at - Math.floor(at));
}

export const quartiles = (values: readonly number[]): Quartiles => ({
  q25: quantile(values, 0.25),
  median: quantile(values, 0.5),
  q75: quantile(values, 0.75),
});

/** A goal for a ratio: `most` or `least`, what must hold and where we are going. */
export interface Goal {
  must: number;
  aim: number;
  sense: 'at most' | 'at least';
}

export type Verdict = 'aim' | 'must' | 'missed' | 'noisy' | 'no goal';

/** Rounds that differ by more than this say nothing about a goal. */
const NOISY = 1.5;

/** Whether a ratio reaches its goal; a noisy one gets no verdict. */
export function judge({ q25, median, q75 }: Quartiles, goal: Goal | undefined): Verdict {
  if (!goal) return 'no goal';
  if (q25 > 0 && q75 / q25 > NOISY) return 'noisy';
  const reaches = (limit: number) => (goal.sense === 'at most' ? median <= limit : median >= limit);
  if (reaches(goal.aim)) return 'aim';
  return reaches(goal.must) ? 'must' : 'missed';
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
