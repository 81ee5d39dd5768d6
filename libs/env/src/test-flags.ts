import { z } from 'zod';

/** What the negative controls of the tests, and the comparisons of the benchmark, switch off. */
export const TEST_FLAGS = ['no-fence', 'zombie-writes', 'no-rls', 'no-bell', 'no-log', 'small-log', 'echo-runner'] as const;
export type TestFlag = (typeof TEST_FLAGS)[number];

const isTestFlag = (text: string): text is TestFlag => (TEST_FLAGS as readonly string[]).includes(text);
const NONE: ReadonlySet<TestFlag> = new Set();

/** Flags separated by commas; none by default. */
export const testFlags = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((flags) => flags.every(isTestFlag), { message: `some of ${TEST_FLAGS.join(', ')}, separated by commas` })
  .transform((flags): ReadonlySet<TestFlag> => new Set(flags.filter(isTestFlag)))
  .default(NONE);

interface Guarded {
  NODE_ENV?: unknown;
  BERTH_TEST_FLAGS?: unknown;
}

/** For `.refine(...noTestFlagsInProduction)` on a schema with NODE_ENV and BERTH_TEST_FLAGS; reported beside every other problem. */
export const noTestFlagsInProduction: [
  check: (settings: Guarded) => boolean,
  options: { path: string[]; message: string; when: () => boolean },
] = [
  ({ NODE_ENV, BERTH_TEST_FLAGS }) => NODE_ENV !== 'production' || !(BERTH_TEST_FLAGS instanceof Set) || BERTH_TEST_FLAGS.size === 0,
  { path: ['BERTH_TEST_FLAGS'], message: 'absent in production', when: () => true },
];
