import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.js';

const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;
const proxies = (address: string): boolean => address.startsWith('10.');

describe('clientAddress', () => {
  it('T35: believes X-Forwarded-For from our own proxies only', () => {
    expect(clientAddress(request('1.2.3.4', '9.9.9.9'), proxies)).toBe('1.2.3.4');
    expect(clientAddress(request('10.0.0.1', '9.9.9.9, 1.2.3.4'), proxies)).toBe('1.2.3.4');
    expect(clientAddress(request('10.0.0.1', '9.9.9.9, 1.2.3.4, 10.0.0.2'), proxies)).toBe('1.2.3.4');
    expect(clientAddress(request('10.0.0.1', '10.0.0.3'), proxies)).toBe('10.0.0.3');
    expect(clientAddress(request('10.0.0.1'), proxies)).toBe('10.0.0.1');
    expect(clientAddress(request('1.2.3.4'), () => false)).toBe('1.2.3.4');
  });
});
