import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logOptions } from './log-options.js';

const CANARY = 'canary-7d1f';

function logged(fields: object): string {
  let written = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  pino(logOptions('spec'), sink).info(fields, 'a line');
  return written;
}

describe('log lines', () => {
  it('hold no secret that stands in a known place', () => {
    const headers = { authorization: CANARY, cookie: CANARY, 'sec-websocket-protocol': CANARY, 'x-api-key': CANARY };
    const line = logged({
      req: { headers, url: '/kept' },
      res: { headers: { 'set-cookie': CANARY } },
      password: CANARY,
      body: { password: CANARY, ticket: CANARY, nested: { accessToken: CANARY } },
    });
    expect(line).not.toContain(CANARY);
    expect(line).toContain('/kept');
  });

  it('stay one line whatever is logged', () => {
    expect(logged({ title: 'a\r\n\u001b[31mb' }).trimEnd().split('\n')).toHaveLength(1);
  });
});
