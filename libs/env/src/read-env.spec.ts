import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type EnvError, readEnv, variable } from './index.js';

const schema = z.object({
  BERTH_SECRET: variable.secret,
  PORT: variable.port.default(8080),
  DATABASE_URL: variable.postgresUrl,
  BERTH_TEST_FLAGS: variable.testFlags,
});
const good = { BERTH_SECRET: '0123456789abcdef0123456789abcdef', DATABASE_URL: 'postgres://localhost/berth' };

function problems(source: Record<string, string | undefined>): readonly string[] {
  try {
    readEnv(schema, source);
    return [];
  } catch (error) {
    return (error as EnvError).problems;
  }
}

describe('the environment', () => {
  it('is read with its defaults, and what is not asked for stays out', () => {
    expect(readEnv(schema, { ...good, HOME: '/root', PORT: '' })).toEqual({ ...good, PORT: 8080, BERTH_TEST_FLAGS: new Set() });
  });

  it('reports every bad variable at once, by name and without its value', () => {
    const found = problems({
      BERTH_SECRET: 'short-canary',
      PORT: '70000',
      DATABASE_URL: 'mysql://user:canary@host/x',
      BERTH_TEST_FLAGS: 'no-such',
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['BERTH_SECRET', 'PORT', 'DATABASE_URL', 'BERTH_TEST_FLAGS']);
    expect(found.join()).not.toMatch(/canary|70000|no-such/);
  });

  it.each(['', 'a'.repeat(64), 'secretsecretsecretsecretsecretsecret', 'changeme'.repeat(5), '0123456789abcdef0123456789abcde'])(
    'T16 refuses %j as the secret',
    (value) => {
      expect(problems({ ...good, BERTH_SECRET: value })).toHaveLength(1);
    },
  );

  it('says what to set when a variable is missing', () => {
    expect(problems({})).toEqual([
      expect.stringMatching(/^BERTH_SECRET: is not set\. Set it to 32 random bytes/),
      expect.stringMatching(/^DATABASE_URL: is not set\. Set it to an address/),
    ]);
  });
});
