import { describe, expect, it } from 'vitest';
import { plain, plainJson } from './plain-text.js';
import { ago } from './relative-time.js';
import { table } from './table.js';
import { fitText, textWidth } from './text-width.js';

describe('text of others', () => {
  it.each([
    ['\u001b[31mred', String.raw`\u001b[31mred`],
    ['a\r\nb\tc', String.raw`a\u000d\u000ab\u0009c`],
    ['\u009b2J', String.raw`\u009b2J`],
    ['\u202eevil', String.raw`\u202eevil`],
    ['tag \u{e0041}', String.raw`tag \u{e0041}`],
    ['half \ud800', String.raw`half \ud800`],
    ['plain é 漢 🚢', 'plain é 漢 🚢'],
  ])('T33 T63 %j is shown as %j', (text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it('T63 JSON means the same and drives no terminal', () => {
    const value = { title: '\u001b]0;x\u0007\u009b\u007f\u202e\u2028\u{e0041} é 🚢\n', list: [1, null] };
    const text = plainJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text).toContain('é 🚢');
  });
});

describe('widths', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['漢字', 4],
    ['🚢', 2],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('%j takes %i columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });

  it('what is too long is cut at a character', () => {
    expect(fitText('abcdef', 4)).toBe('abc…');
    expect(fitText('漢字漢字', 4)).toBe('漢…');
    expect(fitText('abc', 3)).toBe('abc');
    expect(fitText('abc', 0)).toBe('');
  });
});

describe('a table', () => {
  const columns = [
    { title: 'ID' },
    { title: 'TITLE', least: 6 },
    { title: 'PROGRAM', least: 6, spare: 2 },
    { title: 'BY', spare: 1 },
    { title: 'AGE' },
  ];
  const rows = [
    ['1', 'a long title of a session', 'bash -l -c something', 'owner', '3m'],
    ['22', '漢字漢字漢字漢字', 'claude', 'second member', 'now'],
  ];

  it('is as wide as it has to be where nothing limits it', () => {
    expect(table(columns, rows, Infinity).split('\n')).toEqual([
      'ID  TITLE                      PROGRAM               BY             AGE',
      '1   a long title of a session  bash -l -c something  owner          3m',
      '22  漢字漢字漢字漢字           claude                second member  now',
    ]);
  });

  it.each([90, 70, 60, 50, 40, 30, 20])('fits %i columns', (room) => {
    for (const line of table(columns, rows, room).split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(room);
  });

  it('cuts first, then leaves out what can be spared', () => {
    expect(table(columns, rows, 45).split('\n')[0]).toMatch(/^ID {2}TITLE {2,}PROGRAM {2,}BY {2,}AGE$/);
    expect(table(columns, rows, 30).split('\n')[0]).toMatch(/^ID {2}TITLE {2,}BY {2,}AGE$/);
    expect(table(columns, rows, 20).split('\n')[0]).toMatch(/^ID {2}TITLE {2,}AGE$/);
  });

  it('colours do not count', () => {
    const painted = table([{ title: 'A', paint: (cell) => `<${cell}>` }, { title: 'B' }], [['x', 'y']], 80);
    expect(painted).toBe('A  B\n<x>  y');
  });
});

describe('how long ago', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  it.each([
    ['2026-03-10T12:00:05Z', 'now'],
    ['2026-03-10T11:59:55Z', 'now'],
    ['2026-03-10T11:59:15Z', '45s'],
    ['2026-03-10T11:01:00Z', '59m'],
    ['2026-03-10T00:00:00Z', '12h'],
    ['2026-03-01T12:00:00Z', '9d'],
    ['2025-12-24T12:00:00Z', '2025-12-24'],
  ])('%s was %s', (moment, words) => {
    expect(ago(moment, now)).toBe(words);
  });
});
