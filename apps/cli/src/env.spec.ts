import { expect, it } from 'vitest';
import { readCliEnv } from './env.js';

it('the credentials folder is the named one, or below XDG_CONFIG_HOME, or below ~/.config', () => {
  expect(readCliEnv({ BERTH_CONFIG_DIR: '/a', XDG_CONFIG_HOME: '/b' }).configDir).toBe('/a');
  expect(readCliEnv({ XDG_CONFIG_HOME: '/b' }).configDir).toBe('/b/berth');
  expect(readCliEnv({ XDG_CONFIG_HOME: 'relative' }).configDir).toMatch(/^\/.+\/\.config\/berth$/);
});

it('what is set and cannot be used is refused by name', () => {
  expect(() => readCliEnv({ BERTH_SERVER: 'berth.example.com', BERTH_CONFIG_DIR: 'a' })).toThrow(
    /BERTH_SERVER: must be[^]*BERTH_CONFIG_DIR: must be/,
  );
});

it('of the locale’s variables the strongest counts', () => {
  expect(readCliEnv({ LC_ALL: 'C', LANG: 'C.UTF-8' }).locale).toBe('C');
  expect(readCliEnv({ LANG: 'C.UTF-8', LC_ALL: '' }).locale).toBe('C.UTF-8');
});
