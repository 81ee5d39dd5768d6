import { describe, expect, it } from 'vitest';
import { Placeholder } from './placeholder.js';

describe('the placeholder', () => {
  it('has 256 random bits and is another one each time', () => {
    const values = new Set(Array.from({ length: 100 }, () => new Placeholder().value));
    expect(values.size).toBe(100);
    for (const value of values) expect(value).toMatch(/^bks_[A-Za-z0-9_-]{43}$/);
  });

  it('is taken as a bearer token or as an API key', () => {
    const placeholder = new Placeholder();
    const { value } = placeholder;
    for (const headers of [{ authorization: `Bearer ${value}` }, { authorization: `bearer  ${value}` }, { 'x-api-key': value }])
      expect(placeholder.isIn(headers)).toBe(true);
  });

  it('is not taken for anything else', () => {
    const placeholder = new Placeholder();
    const { value } = placeholder;
    const wrong = [
      {},
      { authorization: '' },
      { authorization: value },
      { authorization: `Basic ${value}` },
      { authorization: `Bearer ${value}x` },
      { authorization: `Bearer ${value.slice(0, -1)}` },
      { authorization: `Bearer ${value}, Bearer ${value}` },
      { 'x-api-key': '' },
      { 'x-api-key': value.toLowerCase() },
      { cookie: value },
      { authorization: `Bearer ${new Placeholder().value}` },
    ];
    for (const headers of wrong) expect(placeholder.isIn(headers), JSON.stringify(headers)).toBe(false);
  });
});
