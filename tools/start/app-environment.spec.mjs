import { describe, expect, it } from 'vitest';
import { appEnvironments, gatewayAddress } from './app-environment.mjs';

const options = { host: '127.0.0.1', port: 8080, gateways: 2, workers: 2 };
const facts = {
  options,
  secret: 'the-secret',
  databaseUrl: 'postgres://berth:owner-password@127.0.0.1:5432/berth?sslmode=disable',
  redisUrl: 'redis://default:pw@127.0.0.1:6379',
  mark: 'mark',
  folder: '/data',
};
const env = {
  PATH: '/checkout/node_modules/.bin:/bin',
  npm_config_registry: 'x',
  ANTHROPIC_API_KEY: 'model-key',
  CLAUDE_CODE_OAUTH_TOKEN: 'oauth-token',
  PGPASSWORD: 'pg-password',
  BERTH_ADMIN_EMAIL: 'owner@example.com',
  BERTH_ADMIN_PASSWORD: 'admin-password',
  LINK_PORT: '9000',
  METRICS_PORT: '9100',
};
const holds = (environment, value) => Object.values(environment).some((each) => each.includes(value));

describe('environments', () => {
  const envs = appEnvironments({ env, ...facts });

  it.each([
    ['model-key', [false, false, true]],
    ['oauth-token', [false, false, false]],
    ['owner-password', [true, false, false]],
    ['pg-password', [true, false, false]],
    ['admin-password', [true, true, false]],
    ['the-secret', [true, true, true]],
  ])('%s reaches migrate, gateway, worker: %j', (secret, expected) => {
    expect([envs.migrate, envs.gateway(0), envs.worker(0)].map((each) => holds(each, secret))).toEqual(expected);
  });

  it('gives apps, and through them sessions, the machine’s PATH and nothing of npm’s', () => {
    expect(envs.worker(0).PATH).toBe('/bin');
    expect(Object.keys(envs.worker(0)).filter((name) => name.startsWith('npm_'))).toEqual([]);
  });

  it('keeps all of the database URL but its password', () => {
    expect(envs.gateway(0).DATABASE_URL).toBe('postgres://berth@127.0.0.1:5432/berth?sslmode=disable');
  });

  it('gives every process its own ports, and one origin to all', () => {
    expect([envs.gateway(1).PORT, envs.gateway(1).METRICS_PORT, envs.worker(1).METRICS_PORT, envs.worker(1).LINK_PORT]).toEqual([
      '8081',
      '9101',
      '9103',
      '9001',
    ]);
    expect(envs.gateway(1).PUBLIC_URL).toBe('http://127.0.0.1:8080');
  });

  it('chooses the scripted model only when there is no key', () => {
    expect(envs.worker(0).BERTH_MODEL).toBeUndefined();
    expect(appEnvironments({ env: {}, ...facts }).worker(0).BERTH_MODEL).toBe('scripted');
  });

  it('shows an address that a browser can open', () => {
    expect(gatewayAddress({ host: '0.0.0.0', port: 80 }, 1)).toBe('http://127.0.0.1:81');
    expect(gatewayAddress({ host: '::1', port: 80 })).toBe('http://[::1]:80');
  });
});
