import { describe, expect, it } from 'vitest';
import { sessionHeaders, upstreamHeaders } from './headers.js';

const KEY = { scheme: 'x-api-key', secret: 'sk-of-the-tenant' } as const;
const TOKEN = { scheme: 'bearer', secret: 'token-of-the-tenant' } as const;

describe('headers', () => {
  it('puts the credential of the tenant in the place of the session’s', () => {
    const sent = { authorization: 'Bearer placeholder', 'x-api-key': 'placeholder', cookie: 'a=b', 'api-key': 'mine' };
    expect(upstreamHeaders(sent, KEY)).toEqual({ 'x-api-key': 'sk-of-the-tenant', 'accept-encoding': 'identity' });
    expect(upstreamHeaders(sent, TOKEN)).toEqual({ authorization: 'Bearer token-of-the-tenant', 'accept-encoding': 'identity' });
    expect(upstreamHeaders(sent, undefined)).toEqual({ 'accept-encoding': 'identity' });
  });

  it('passes on what the Messages API wants to know', () => {
    const sent = {
      accept: 'application/json',
      'anthropic-beta': 'a,b',
      'anthropic-version': '2023-06-01',
      'content-length': '12',
      'content-type': 'application/json',
      'user-agent': 'claude-cli/2.1.329',
      'x-app': 'cli',
      'x-claude-code-session-id': 'id',
      'x-stainless-timeout': '600',
    };
    expect(upstreamHeaders(sent, KEY)).toMatchObject(sent);
  });

  it.each([
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'host',
    'proxy-authorization',
    'proxy-connection',
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-real-ip',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'x-method-override',
    'sec-websocket-key',
  ])('keeps %s from the upstream and from the session', (name) => {
    expect(upstreamHeaders({ [name]: 'x' }, KEY)).not.toHaveProperty([name]);
    expect(sessionHeaders({ [name]: 'x' })).not.toHaveProperty([name]);
  });

  it('takes out what the connection header names', () => {
    const sent = { connection: 'close, X-Secret-Hop', 'x-secret-hop': '1', 'x-other': '2' };
    expect(upstreamHeaders(sent, undefined)).toEqual({ 'x-other': '2', 'accept-encoding': 'identity' });
    expect(sessionHeaders(sent)).toEqual({ 'x-other': '2' });
  });

  it('lets a session neither be led elsewhere nor be told where the upstream is', () => {
    const answered = {
      location: 'https://evil',
      'content-location': '/x',
      refresh: '0;url=x',
      'set-cookie': ['a=b'],
      'alt-svc': 'h3=":1"',
      'retry-after': '3',
      'request-id': 'req_1',
    };
    expect(sessionHeaders(answered)).toEqual({ 'retry-after': '3', 'request-id': 'req_1' });
  });
});
