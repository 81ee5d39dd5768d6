import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { variable } from './index.js';

const accepts = (text: string): boolean => variable.secret.safeParse(text).success;

describe('the secret', () => {
  it.each([
    () => randomBytes(32).toString('hex'),
    () => randomBytes(32).toString('base64'),
    () => `canary-secret-${randomBytes(24).toString('hex')}`,
  ])('may be any long random text', (make) => {
    for (let i = 0; i < 200; i++) expect(accepts(make())).toBe(true);
  });

  it.each([
    'short',
    'x'.repeat(31),
    'x'.repeat(64),
    'abababababababababababababababababab',
    'change-me-change-me-change-me-change-me',
    'your-secret-key-please-change-me-in-production-123',
    'REPLACE_THIS_WITH_A_LONG_RANDOM_SECRET',
  ])('T16 refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
  });

  it('counts bytes, not characters', () => {
    expect(accepts('äöüßéèêçñõîû'.repeat(2))).toBe(true);
    expect(accepts('abcdefghijklmnopqrstuvwx')).toBe(false);
  });
});
