import { expect, it } from 'vitest';
import { rememberWanted, takeWanted } from './wanted-page.js';

const storage = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};

it('leads back once to a page of ours', () => {
  const kept = storage();
  for (const path of ['/sessions/ses_1', '/?show=all&search=a+b%20c', '/members']) {
    rememberWanted(path, kept);
    expect(takeWanted(kept)).toBe(path);
    expect(takeWanted(kept)).toBe('/');
  }
});

it.each(['//evil.example', 'https://evil.example', '/login', '/sessions/../x', '/sessions/a?server=wss://evil', 'javascript:alert(1)'])(
  'T13: does not lead to %s, whoever wrote it there',
  (path) => {
    const kept = storage();
    rememberWanted(path, kept);
    expect(takeWanted(kept)).toBe('/');
    kept.setItem('berth.wanted-page', path);
    expect(takeWanted(kept)).toBe('/');
  },
);
