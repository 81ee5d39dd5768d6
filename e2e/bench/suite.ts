import type { Goal } from './statistics.js';

/** One number that a round gave for one variant. */
export interface Sample {
  /** What was measured, with its unit: `echo p50 µs`. */
  metric: string;
  variant: string;
  value: number;
}

/** A number that a suite reports: per round, value of `of` divided by value of `to`; without `to`, the value itself. */
export interface Ratio {
  title: string;
  metric: string;
  of: string;
  to?: string;
  goal?: Goal;
}

/** What a suite may use. */
export interface SuiteContext {
  /** Program of ttyd, if this machine has one. */
  ttyd: string | undefined;
  /** Says what is being done. */
  say(text: string): void;
}

/** What a suite compares, up and warm. */
export interface PreparedSuite {
  /** Samples of one round, its variants in random order. */
  round(): Promise<Sample[]>;
  close(): Promise<void>;
}

export interface Suite {
  /** What is measured, and how: one or two sentences for the reader of the table. */
  about: string;
  /** As many as it takes for quartiles that mean something. */
  rounds: number;
  ratios: readonly Ratio[];
  prepare(context: SuiteContext): Promise<PreparedSuite>;
}

export const atMost = (must: number, aim: number): Goal => ({ sense: 'at most', must, aim });
export const atLeast = (must: number, aim: number): Goal => ({ sense: 'at least', must, aim });
