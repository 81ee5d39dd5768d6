import { describe, expect, it } from 'vitest';
import { readUpgrade } from './upgrade-check.js';

const id = `ses_${'0'.repeat(32)}`;
const path = `/v1/sessions/${id}/bytes`;
const read = (url: string, headers = {}) => readUpgrade({ url, headers });

describe('readUpgrade', () => {
  it('knows its own address only', () => {
    expect(read(path)).toMatchObject({ sessionId: id });
    expect(read('/v1/sessions/nonsense/bytes?x=1')).toMatchObject({ sessionId: 'nonsense' });
    for (const url of [
      '/',
      '/v1/sessions',
      `${path}/`,
      `/v1/sessions/${id}/output`,
      `/v2/sessions/${id}/bytes`,
      `/v1/sessions//bytes`,
      `/x${path}`,
    ])
      expect(read(url), url).toBeUndefined();
  });

  it('finds protocol, ticket and bearer token in the headers', () => {
    expect(read(path, { 'sec-websocket-protocol': 'berth.bytes.v1, ticket.abc' })).toMatchObject({
      speaks: true,
      ticket: 'abc',
      bearer: false,
    });
    expect(read(path, { authorization: 'Bearer x', 'sec-websocket-protocol': 'other' })).toMatchObject({
      speaks: false,
      ticket: undefined,
      bearer: true,
    });
    expect(read(path)).toMatchObject({ speaks: false, ticket: undefined, bearer: false });
  });

  it('T9: sees a credential in the address', () => {
    for (const query of [
      'token=x',
      'access_token=x',
      'ticket=x',
      'api_key=x',
      'Authorization=x',
      'a=1&jwt=2',
      'q=eyJhbGciOi.eyJzdWIi.sig',
      'x=bku_abc',
      `y=${'a'.repeat(43)}`,
    ])
      expect(read(`${path}?${query}`)?.secretInUrl, query).toBe(true);
    for (const query of ['', 'v=2', 'debug', 'cols=80&rows=24']) expect(read(`${path}?${query}`)?.secretInUrl, query).toBe(false);
  });
});
