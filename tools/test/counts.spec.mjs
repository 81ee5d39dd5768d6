import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../lib/paths.mjs';
import { countLine, countReport, failureLines, sumCounts } from './counts.mjs';

const file = (status, ...statuses) => ({ status, assertionResults: statuses.map((each) => ({ status: each })) });

describe('counts', () => {
  it('counts every test by its outcome', () => {
    const report = { testResults: [file('failed', 'passed', 'failed', 'pending', 'todo'), file('passed', 'passed')] };
    expect(countReport(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('counts a file that failed without a failed test as one failure', () => {
    expect(countReport({ testResults: [file('failed'), file('failed', 'passed')] })).toEqual({ passed: 1, failed: 2, skipped: 0 });
  });

  it('tells in a line what failed, and why', () => {
    const failed = {
      status: 'failed',
      fullName: 'a thing works',
      failureMessages: ['\u001b[31mError\u001b[39m: it did not\n    at a.spec.ts:1'],
    };
    const report = {
      testResults: [
        { name: join(ROOT, 'libs/a.spec.ts'), status: 'failed', assertionResults: [{ status: 'passed', fullName: 'another' }, failed] },
        { name: join(ROOT, 'libs/b.spec.ts'), status: 'failed', message: 'SyntaxError: Unexpected token\nin b', assertionResults: [] },
        { name: join(ROOT, 'libs/c.spec.ts'), status: 'passed', assertionResults: [] },
      ],
    };
    expect(failureLines(report)).toEqual([
      'libs/a.spec.ts > a thing works: Error: it did not',
      'libs/b.spec.ts: SyntaxError: Unexpected token',
    ]);
  });

  it('names skipped tests only when there are some', () => {
    expect(
      countLine(
        sumCounts([
          { passed: 2, failed: 1, skipped: 0 },
          { passed: 1, failed: 0, skipped: 0 },
        ]),
      ),
    ).toBe('3 passed, 1 failed');
    expect(countLine({ passed: 1, failed: 0, skipped: 4 })).toBe('1 passed, 0 failed, 4 skipped');
  });
});
