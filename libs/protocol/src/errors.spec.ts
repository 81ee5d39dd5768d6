import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERRORS, Problem, issuesOf, toProblem } from './errors.js';

describe('errors', () => {
  it('make a problem that its own schema accepts, for every code', () => {
    for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      expect(Problem.parse(toProblem(code, { detail: 'Say what to do.' }, 'req-1')).code).toBe(code);
    }
  });

  it('name the refused field and never its value', () => {
    const schema = z.strictObject({ cols: z.int().max(10), nested: z.object({ list: z.array(z.string()) }) });
    const parsed = schema.safeParse({ cols: 4_242, nested: { list: ['ok', 4_343] }, extra: 'secret-value' });
    if (parsed.success) throw new Error('it parsed');
    const issues = issuesOf(parsed.error);
    expect(issues.map((issue) => issue.path).sort()).toEqual(['cols', 'extra', 'nested.list.1']);
    expect(JSON.stringify(issues)).not.toMatch(/4242|4343|secret-value/);
  });
});
