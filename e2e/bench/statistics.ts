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

/** The median of rounds that differ by more than this says nothing about a goal. */
const NOISY = 1.5;

/** Whether a ratio reaches its goal. A noisy one is as good as its worse quartile, and gets no verdict when only the better one holds what must hold. */
export function judge({ q25, median, q75 }: Quartiles, goal: Goal | undefined): Verdict {
  if (!goal) return 'no goal';
  const verdictOf = (value: number): Verdict => {
    const reaches = (limit: number) => (goal.sense === 'at most' ? value <= limit : value >= limit);
    if (reaches(goal.aim)) return 'aim';
    return reaches(goal.must) ? 'must' : 'missed';
  };
  if (q25 <= 0 || q75 / q25 <= NOISY) return verdictOf(median);
  const [better, worse] = goal.sense === 'at most' ? [verdictOf(q25), verdictOf(q75)] : [verdictOf(q75), verdictOf(q25)];
  return worse === 'missed' && better !== 'missed' ? 'noisy' : worse;
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
