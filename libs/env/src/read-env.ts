import type { z } from 'zod';

/** Variables of a process, as `process.env` has them. */
export type EnvSource = Readonly<Record<string, string | undefined>>;

/** The environment cannot be used; one line for each bad variable, none of which repeats a value. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
  constructor(readonly problems: readonly string[]) {
    super(['these settings have to be put right first:', ...problems.map((line) => `  ${line}`)].join('\n'));
  }
}

/**
 * Typed settings from the variables that the schema names; an empty variable counts as one that is not set. Throws an {@link EnvError} that names
 * every bad variable at once.
 */
export function readEnv<S extends z.ZodType>(schema: S, source: EnvSource): z.output<S> {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return issue.code !== 'custom' && given[name] === undefined
      ? `${name}: is not set. Set it to ${issue.message}`
      : `${name}: must be ${issue.message}`;
  });
  throw new EnvError([...new Set(problems)]);
}
