import { expect, it } from 'vitest';
import { NO_HOLDS, isHeld, modifiersOf, pressed, released } from './sticky-keys.js';

it('holds a modifier for one key, then until it is pressed again', () => {
  const once = pressed(NO_HOLDS, 'ctrl');
  expect(modifiersOf(once)).toEqual({ ctrl: true, alt: false });
  expect(released(once)).toEqual(NO_HOLDS);
  const locked = pressed(once, 'ctrl');
  expect(released(locked)).toEqual(locked);
  expect(pressed(locked, 'ctrl')).toEqual(NO_HOLDS);
});

it('holds two modifiers independently', () => {
  const both = pressed(pressed(pressed(NO_HOLDS, 'ctrl'), 'alt'), 'alt');
  expect(modifiersOf(both)).toEqual({ ctrl: true, alt: true });
  expect(released(both)).toEqual({ ctrl: 'off', alt: 'locked' });
  expect(isHeld(both)).toBe(true);
  expect(isHeld(NO_HOLDS)).toBe(false);
});
