import { ModelSettingsInput } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { draftOf, inputOf, missingIn } from './model-draft.js';
import { presentWords } from './model-words.js';

const settings = {
  provider: 'compatible',
  source: 'member',
  baseUrl: 'https://m.example.com',
  keyHint: 'x7Qa',
  updatedAt: null,
  updatedBy: null,
} as const;

describe('a change of the model', () => {
  it('begins with what holds, and with no secret', () => {
    expect(draftOf(settings)).toEqual({ provider: 'compatible', secret: '', baseUrl: 'https://m.example.com' });
    expect(draftOf({ ...settings, provider: 'none', baseUrl: null }).provider).toBe('anthropic');
  });

  it('asks for the secret each time, and for an address without one', () => {
    expect(Object.keys(missingIn({ provider: 'anthropic', secret: '', baseUrl: '' }))).toEqual(['secret']);
    expect(Object.keys(missingIn({ provider: 'compatible', secret: 'a b c d e f', baseUrl: 'https://me:pw@m.example.com' }))).toEqual([
      'secret',
      'baseUrl',
    ]);
    expect(missingIn({ provider: 'compatible', secret: 'long-enough', baseUrl: 'http://127.0.0.1:4000/v1' })).toEqual({});
    expect(missingIn({ provider: 'scripted', secret: '', baseUrl: '' })).toEqual({});
  });

  it('sends what the server takes, without the spaces that come with pasting', () => {
    const typed = { secret: ' key-12345678\n', baseUrl: ' https://m.example.com ' };
    expect(inputOf({ provider: 'anthropic', ...typed })).toEqual({ provider: 'anthropic', apiKey: 'key-12345678' });
    for (const provider of ['anthropic', 'compatible', 'scripted'] as const)
      expect(ModelSettingsInput.safeParse(inputOf({ provider, ...typed })).success).toBe(true);
  });

  it('says what holds now', () => {
    expect(presentWords(settings)).toBe('Compatible service, at https://m.example.com, key ending in x7Qa');
  });
});
