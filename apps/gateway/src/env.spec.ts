import { EnvError } from '@berth/env';
import { describe, expect, it } from 'vitest';
import { readGatewayEnv, readMigrateEnv } from './env.js';

const GOOD = {
  DATABASE_URL: 'postgres://localhost/berth',
  REDIS_URL: 'redis://localhost:6379',
  BERTH_SECRET: 'f3a1c09b7d5e8246f3a1c09b7d5e8246',
};
const PRODUCTION = { ...GOOD, NODE_ENV: 'production', PUBLIC_URL: 'https://berth.example' };

type Variables = Record<string, string | undefined>;

/** Names of the variables that are complained about; none = it can start. */
function refused(source: Variables): string[] {
  try {
    readGatewayEnv(source);
    return [];
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    return error.problems.map((line) => line.split(':')[0] ?? '');
  }
}

describe('settings of a gateway', () => {
  it('have defaults that serve this machine alone and trust nobody', () => {
    expect(readGatewayEnv(GOOD)).toEqual({
      production: false,
      logLevel: 'info',
      listen: { host: '127.0.0.1', port: 8080 },
      publicOrigin: undefined,
      databaseUrl: GOOD.DATABASE_URL,
      redisUrl: GOOD.REDIS_URL,
      secret: GOOD.BERTH_SECRET,
      admin: undefined,
      trustedProxies: [],
      workspaceRoots: [],
      defaultModelProvider: 'none',
      flags: new Set(),
      linkTls: undefined,
    });
  });

  it('are all complained about at once, without their values', () => {
    const canary = 'canary-in-a-value';
    const bad = {
      PORT: 'x',
      DATABASE_URL: `mysql://${canary}`,
      REDIS_URL: canary,
      BERTH_SECRET: 'canary',
      BERTH_ADMIN_EMAIL: canary,
      BERTH_TEST_FLAGS: canary,
      LINK_CERT: '/x',
      BERTH_WORKSPACE_ROOTS: canary,
      BERTH_MODEL: canary,
    };
    expect(refused(bad).toSorted()).toEqual(
      [
        'BERTH_ADMIN_EMAIL',
        'BERTH_ADMIN_PASSWORD',
        'BERTH_MODEL',
        'BERTH_SECRET',
        'BERTH_TEST_FLAGS',
        'BERTH_WORKSPACE_ROOTS',
        'DATABASE_URL',
        'LINK_CERT',
        'PORT',
        'REDIS_URL',
      ].toSorted(),
    );
    expect(() => readGatewayEnv(bad)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') as string }) as Error,
    );
  });

  it.each(['', 'short', 'x'.repeat(31), 'x'.repeat(64), 'changeme', 'change-me-change-me-change-me-change-me'])(
    'T16 BERTH_SECRET=%j is refused',
    (secret) => {
      expect(refused({ ...GOOD, BERTH_SECRET: secret })).toEqual(['BERTH_SECRET']);
      expect(() => readMigrateEnv({ ...GOOD, BERTH_SECRET: secret })).toThrow(EnvError);
    },
  );
});

describe('T17 what guards something, unset or empty', () => {
  it.each([undefined, ''])('is refused where nothing closed can stand in for it (%j)', (nothing) => {
    for (const name of ['BERTH_SECRET', 'DATABASE_URL', 'REDIS_URL']) expect(refused({ ...GOOD, [name]: nothing }), name).toEqual([name]);
    expect(refused({ ...PRODUCTION, PUBLIC_URL: nothing })).toEqual(['PUBLIC_URL']);
    const admin = { BERTH_ADMIN_EMAIL: 'owner@example.com', BERTH_ADMIN_PASSWORD: 'a good password' };
    for (const name of Object.keys(admin)) expect(refused({ ...GOOD, ...admin, [name]: nothing }), name).toEqual(['BERTH_ADMIN_PASSWORD']);
    const link = { LINK_CERT: '/a', LINK_KEY: '/b', LINK_CA: '/c' };
    for (const name of Object.keys(link)) expect(refused({ ...GOOD, ...link, [name]: nothing }), name).toEqual(['LINK_CERT']);
  });

  it.each([undefined, ''])('stays closed otherwise (%j)', (nothing) => {
    expect(readGatewayEnv({ ...GOOD, BERTH_TRUSTED_PROXIES: nothing }).trustedProxies).toEqual([]);
    expect(readGatewayEnv({ ...GOOD, BERTH_TEST_FLAGS: nothing }).flags.size).toBe(0);
    expect(readGatewayEnv({ ...GOOD, PUBLIC_URL: nothing }).publicOrigin).toBeUndefined();
    expect(readGatewayEnv({ ...GOOD, BERTH_WORKSPACE_ROOTS: nothing }).workspaceRoots).toEqual([]);
    expect(readGatewayEnv({ ...GOOD, HOST: nothing }).listen.host).toBe('127.0.0.1');
  });

  it('production wants https and no test flag', () => {
    expect(refused(PRODUCTION)).toEqual([]);
    expect(refused({ ...PRODUCTION, PUBLIC_URL: 'http://berth.example' })).toEqual(['PUBLIC_URL']);
    expect(refused({ ...PRODUCTION, BERTH_TEST_FLAGS: 'no-rls' })).toEqual(['BERTH_TEST_FLAGS']);
  });

  it('T35 no wildcard makes every address a trusted proxy', () => {
    for (const everybody of ['*', 'true', '0.0.0.0/0', '::/0', '10.0.0.0/8,0.0.0.0/0'])
      expect(refused({ ...GOOD, BERTH_TRUSTED_PROXIES: everybody }), everybody).toEqual(['BERTH_TRUSTED_PROXIES']);
  });
});
