import { describe, expect, it } from 'vitest';
import { countLine, countReport, sumCounts } from './counts.mjs';

const file = (status, ...statuses) => ({ status, assertionResults: statuses.map((each) => ({ status: each })) });

describe('counts', () => {
  it('counts every test by its outcome', () => {
    const report = { testResults: [file('failed', 'passed', 'failed', 'pending', 'todo'), file('passed', 'passed')] };
    expect(countReport(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('counts a file that failed without a failed test as one failure', () => {
    expect(countReport({ testResults: [file('failed'), file('failed', 'passed')] })).toEqual({ passed: 1, failed: 2, skipped: 0 });
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
