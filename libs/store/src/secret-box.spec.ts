import { idFromUuid } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { SecretBox, secretHint } from './secret-box.js';

const tenantId = idFromUuid('tenant', '0190a000-0000-7000-8000-000000000001');
const place = { tenantId, baseUrl: null };
const box = new SecretBox('a secret of at least thirty-two bytes');
const text = 'sk-canary-0123456789';

describe('SecretBox', () => {
  it('opens what it has sealed, also in another process with the same secret', () => {
    for (const each of [text, '', 'ünïcode ✓', 'x'.repeat(4096)])
      expect(new SecretBox('a secret of at least thirty-two bytes').open(place, box.seal(place, each))).toBe(each);
  });

  it('shows nothing of the text and never seals twice alike', () => {
    const [one, two] = [box.seal(place, text), box.seal(place, text)];
    expect(Buffer.from(one).equals(Buffer.from(two))).toBe(false);
    for (const encoding of ['latin1', 'hex', 'base64'] as const)
      expect(Buffer.from(one).toString(encoding)).not.toContain(Buffer.from(text).toString(encoding).slice(0, 8));
    expect(one[0]).toBe(1);
  });

  it('opens nothing that was changed, wherever', () => {
    const sealed = box.seal(place, text);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => box.open(place, changed), `byte ${String(at)}`).toThrow(/cannot be read/);
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => box.open(place, sealed.slice(0, length))).toThrow(/cannot be read/);
  });

  it('opens nothing for another tenant, another address, or under another secret, and says what to do', () => {
    const other = idFromUuid('tenant', '0190a000-0000-7000-8000-000000000002');
    const sealed = box.seal(place, text);
    const attempts = [
      () => box.open({ tenantId: other, baseUrl: null }, sealed),
      () => box.open({ tenantId, baseUrl: 'https://evil.example' }, sealed),
      () => new SecretBox('another secret of at least thirty-two bytes').open(place, sealed),
    ];
    for (const attempt of attempts)
      expect(attempt).toThrow(
        expect.objectContaining({ code: 'conflict', message: expect.stringMatching(/BERTH_SECRET.*again/) as string }) as Error,
      );
  });
});

it('a hint is four characters of a long secret and nothing of a short one', () => {
  expect(secretHint(text)).toBe('6789');
  expect(secretHint('x'.repeat(15))).toBeNull();
});
