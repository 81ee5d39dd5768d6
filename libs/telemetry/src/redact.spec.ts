import { describe, expect, it } from 'vitest';
import { redact } from './redact.js';
import { serializeError } from './serialize-error.js';

const CANARY = 'canary-55ab';

describe('redaction', () => {
  it.each([
    'password',
    'Password',
    'accessToken',
    'access_token',
    'ticket',
    'secret',
    'apiKey',
    'api-key',
    'x-api-key',
    'authorization',
    'Set-Cookie',
    'sec-websocket-protocol',
  ])('replaces %s, however deep', (name) => {
    const logged = redact({ [name]: CANARY, list: [{ deep: { deeper: { [name]: [CANARY] } } }] });
    expect(JSON.stringify(logged)).not.toContain(CANARY);
  });

  it('keeps what merely sounds alike, and changes nothing in place', () => {
    const given = { tokens: 3, ticketsSold: 1, nested: { secretary: 'x' }, password: CANARY };
    expect(redact(given)).toEqual({ tokens: 3, ticketsSold: 1, nested: { secretary: 'x' }, password: '[redacted]' });
    expect(given.password).toBe(CANARY);
  });

  it('ends on things that contain themselves', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(redact(circle))).toContain('[deeper]');
  });
});

describe('errors', () => {
  it('are told with their causes and without what drivers hang on them', () => {
    const driver = Object.assign(new Error('refused', { cause: new Error('closed') }), {
      code: 'E1',
      command: { name: 'auth', args: [CANARY] },
      parameters: [CANARY],
    });
    const told = serializeError(driver);
    expect(told).toMatchObject({ type: 'Error', message: 'refused', code: 'E1', cause: { message: 'closed' } });
    expect(JSON.stringify(told)).not.toContain(CANARY);
    expect(serializeError('thrown text')).toEqual({ type: 'string', message: 'thrown text' });
  });
});
