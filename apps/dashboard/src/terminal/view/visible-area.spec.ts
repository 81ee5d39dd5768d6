import { expect, it } from 'vitest';
import { visibleHeight } from './visible-area.js';

const phone = { top: 0, bottom: 844 };

it('shrinks to what a keyboard leaves, and only then', () => {
  expect(visibleHeight(phone, { height: 844, offsetTop: 0, scale: 1 })).toBeUndefined();
  expect(visibleHeight(phone, { height: 508, offsetTop: 0, scale: 1 })).toBe(508);
  // The browser has pushed the page up.
  expect(visibleHeight({ top: -200, bottom: 644 }, { height: 508, offsetTop: 0, scale: 1 })).toBe(708);
  expect(visibleHeight(phone, { height: 508, offsetTop: 100, scale: 1 })).toBe(608);
  expect(visibleHeight({ top: 50, bottom: 400 }, { height: 508, offsetTop: 0, scale: 1 })).toBeUndefined();
});

it('lets people zoom', () => {
  expect(visibleHeight(phone, { height: 422, offsetTop: 0, scale: 2 })).toBeUndefined();
});
