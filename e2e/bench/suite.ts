import type { Goal } from './statistics.js';

/** One number that a round gave for one variant. */
export interface Sample {
  /** What was measured, with its unit: `echo p50 µs`. */
  metric: string;
  variant: string;
  value: number;
}

/** A ratio that a suite reports: per round, value of `of` divided by value of `to`. */
export interface Ratio {
  title: string;
  metric: string;
  of: string;
  to: string;
  goal?: Goal;
}

/** What a suite may use; everything in it is closed by the bench. */
interface SuiteContext {
  /** Program of ttyd, if this machine has one. */
  ttyd: string | undefined;
  /** Says what is being done. */
  say(text: string): void;
}

/** A prepared suite: peers are up. */
interface Suite {
  /** Samples of one round, its variants in random order. */
  round(): Promise<Sample[]>;
  ratios: readonly Ratio[];
  close(): Promise<void>;
}

export type PrepareSuite = (context: SuiteContext) => Promise<Suite>;

export const atMost = (must: number, aim: number): Goal => ({ sense: 'at most', must, aim });
export const atLeast = (must: number, aim: number): Goal => ({ sense: 'at least', must, aim });
