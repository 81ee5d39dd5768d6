import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnvError, noTestFlagsInProduction, readEnv, variable } from './index.js';

const accepted = (schema: z.ZodType, texts: string[]): string[] => texts.filter((text) => schema.safeParse(text).success);

describe('variables', () => {
  it('ports and numbers are decimal digits within bounds', () => {
    expect(accepted(variable.port, ['0', '8080', '65535', '65536', '-1', '1e3', '0x50', '80 ', '8.5', 'http', ''])).toEqual([
      '0',
      '8080',
      '65535',
    ]);
    expect(variable.wholeNumber({ min: 2, max: 5 }).safeParse('6').error?.issues[0]?.message).toBe('a whole number from 2 to 5');
  });

  it('addresses have one of the wanted schemes', () => {
    expect(accepted(variable.redisUrl, ['redis://h:1', 'rediss://h', 'http://h', 'h:6379', ''])).toEqual(['redis://h:1', 'rediss://h']);
    expect(accepted(variable.postgresUrl, ['postgres:///x', 'postgresql://h/x', 'mysql://h/x'])).toEqual([
      'postgres:///x',
      'postgresql://h/x',
    ]);
  });

  it('hosts are addresses or names', () => {
    expect(accepted(variable.host, ['127.0.0.1', '::', '0.0.0.0', 'localhost', 'a.example', 'http://a', 'a b', '-a'])).toEqual([
      '127.0.0.1',
      '::',
      '0.0.0.0',
      'localhost',
      'a.example',
    ]);
  });

  it('folders are absolute, so that none depends on where a process was started', () => {
    expect(variable.folders.parse('/srv/code:/home/dev:')).toEqual(['/srv/code', '/home/dev']);
    expect(variable.folders.parse(undefined)).toEqual([]);
    for (const text of ['code', '/srv:code', '~/code', './code']) expect(variable.folders.safeParse(text).success, text).toBe(false);
  });

  it('T35 trusted networks never include everybody', () => {
    expect(
      accepted(variable.networks, [
        '10.0.0.0/8',
        '10.0.0.1, fd00::/8',
        '*',
        '0.0.0.0/0',
        '::/0',
        'true',
        '10.0.0.0/33',
        '10.0.0.0/8/8',
        'loopback',
        '1',
      ]),
    ).toEqual(['10.0.0.0/8', '10.0.0.1, fd00::/8']);
  });
});

describe('test flags', () => {
  const schema = z
    .object({ NODE_ENV: variable.nodeEnv.default('development'), PORT: variable.port, BERTH_TEST_FLAGS: variable.testFlags })
    .refine(...noTestFlagsInProduction);

  it('are a set, empty by default', () => {
    expect(readEnv(schema, { PORT: '1', BERTH_TEST_FLAGS: 'no-rls, no-bell' }).BERTH_TEST_FLAGS).toEqual(new Set(['no-rls', 'no-bell']));
    expect(readEnv(schema, { PORT: '1', NODE_ENV: 'production' }).BERTH_TEST_FLAGS).toEqual(new Set());
  });

  it('T17 are refused in production, beside whatever else is wrong', () => {
    const read = () => readEnv(schema, { PORT: 'x', NODE_ENV: 'production', BERTH_TEST_FLAGS: 'no-fence' });
    expect(read).toThrow(EnvError);
    expect(read).toThrow(/PORT: must be a whole number[^]*BERTH_TEST_FLAGS: must be absent in production/);
  });
});
