import { describe, expect, it } from 'vitest';
import { SessionId, TenantId, idFromUuid, uuidFromId } from './ids.js';

const uuid = '0198c1f0-6f2a-7c3e-9d41-aabbccddeeff';

describe('public ids', () => {
  it('turn into a uuid and back', () => {
    const id = idFromUuid('session', uuid);
    expect(SessionId.parse(id)).toBe('ses_0198c1f06f2a7c3e9d41aabbccddeeff');
    expect(uuidFromId(id)).toBe(uuid);
  });

  it.each([
    '',
    'ses_',
    uuid,
    'ten_0198c1f06f2a7c3e9d41aabbccddeeff',
    "ses_0198c1f06f2a7c3e9d41aabbccddeef'",
    'ses_0198C1F06F2A7C3E9D41AABBCCDDEEFF',
    '../etc',
  ])('refuse %j as a session', (text) => {
    expect(SessionId.safeParse(text).success).toBe(false);
  });

  it('keep kinds apart', () => {
    expect(TenantId.safeParse(idFromUuid('session', uuid)).success).toBe(false);
  });
});
