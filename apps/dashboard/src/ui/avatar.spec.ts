import { expect, it } from 'vitest';
import { hueOf, initials } from './avatar.js';

it.each([
  ['Second Member', 'SM'],
  ['owner', 'O'],
  ['owner@example.com', 'OC'],
  ['a b c', 'AC'],
  ['😀', '?'],
  ['éric  müller', 'ÉM'],
  ['<img src=x onerror=alert(1)>', '<O'],
  ['', '?'],
])('stands for %s as %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

it('gives the same name the same colour', () => {
  expect(hueOf('second member')).toBe(hueOf('second member'));
  expect(new Set(Array.from({ length: 100 }, (_, at) => hueOf(`member ${at}`)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
});
