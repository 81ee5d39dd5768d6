import { expect, it } from 'vitest';
import { whatFailed } from './build.mjs';

it('shows the output of what failed alone', () => {
  const output = [
    ' NX   Running target build for 2 projects:',
    '- @berth/env',
    '',
    '✔  nx run @berth/protocol:build  [local cache]',
    '> nx run @berth/env:build',
    '> tsc -b',
    '',
    'src/index.ts(5,14): error TS2451: Cannot redeclare',
    '✔  nx run @berth/log:build',
    ' NX   Running target build for 2 projects failed',
    'Failed tasks:',
  ].join('\n');
  expect(whatFailed(output)).toBe('> nx run @berth/env:build\n> tsc -b\nsrc/index.ts(5,14): error TS2451: Cannot redeclare');
});
