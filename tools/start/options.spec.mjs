import { describe, expect, it } from 'vitest';
import { lanAddress, readOptions } from './options.mjs';

const address = (value, more = {}) => ({ address: value, family: 'IPv4', internal: false, ...more });

describe('options of npm start', () => {
  it('has defaults', () => {
    expect(readOptions([], {})).toMatchObject({ gateways: 1, workers: 1, lan: false, dev: false, host: '127.0.0.1', port: 8080 });
  });

  it('treats an empty variable as unset', () => {
    expect(readOptions([], { PORT: '', HOST: '', DATABASE_URL: '', REDIS_URL: '' })).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      databaseUrl: undefined,
      redisUrl: undefined,
    });
  });

  it.each([
    [['--gateways', '0'], /--gateways must be a whole number from 1 to 16, not "0"/],
    [['--workers', 'two'], /--workers must be a whole number/],
    [['--what'], /Unknown option '--what'; usage: npm start/],
    [['stray'], /usage: npm start/],
  ])('refuses %j in one line', (argv, message) => {
    expect(() => readOptions(argv, {})).toThrow(message);
    expect(() => readOptions(argv, {})).not.toThrow(/\n/);
  });

  it('refuses a PORT that is none', () => {
    expect(() => readOptions([], { PORT: '80a' })).toThrow('PORT must be a number from 0 to 65535, not "80a"');
  });

  it('finds the address that a phone can reach', () => {
    const interfaces = {
      lo: [address('127.0.0.1', { internal: true })],
      docker0: [address('172.17.0.1')],
      wan: [address('203.0.113.7')],
      wlan0: [address('fe80::1', { family: 'IPv6' }), address('192.168.1.20')],
    };
    expect(lanAddress(interfaces)).toBe('192.168.1.20');
    expect(lanAddress({ lo: interfaces.lo })).toBeUndefined();
  });
});
