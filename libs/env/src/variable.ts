import { isIP } from 'node:net';
import { delimiter, isAbsolute } from 'node:path';
import { z } from 'zod';
import { secret } from './secret.js';
import { testFlags } from './test-flags.js';

/** A whole number within bounds, written in decimal digits. */
const wholeNumber = ({ min, max }: { min: number; max: number }) => {
  const expected = `a whole number from ${String(min)} to ${String(max)}`;
  return z
    .string(expected)
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, { message: expected })
    .transform(Number);
};

/** An address with one of these schemes (`http`); the rest of it is whatever its client understands. */
const urlOf = (...schemes: string[]) => {
  const expected = `an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z
    .string(expected)
    .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), { message: expected });
};

const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  // A network of every address would let anybody claim any address.
  return (
    family !== 0 && rest.length === 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
};

/** IP addresses and networks, separated by commas; never all of them. */
const networks = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((list) => list.every(isNetwork), {
    message: 'IP addresses or networks such as 10.0.0.0/8, separated by commas, and not every address',
  });

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const host = z
  .string('an IP address or host name')
  .refine((text) => isIP(text) !== 0 || HOST_NAME.test(text), { message: 'an IP address or host name' });

/** Absolute folders, separated as in PATH; none by default. */
const folders = z
  .string()
  .transform((text) => text.split(delimiter).filter((folder) => folder !== ''))
  .refine((list) => list.every((folder) => isAbsolute(folder)), { message: `absolute folders, separated by ${delimiter}` })
  .default([]);

/** Variables of several apps, each with its rule; see the README. */
export const variable = {
  secret,
  testFlags,
  /** 0 lets the system choose one. */
  port: wholeNumber({ min: 0, max: 65_535 }),
  host,
  wholeNumber,
  urlOf,
  postgresUrl: urlOf('postgres', 'postgresql'),
  redisUrl: urlOf('redis', 'rediss'),
  networks,
  folders,
  nodeEnv: z.enum(['development', 'test', 'production'], 'development, test or production'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'a log level such as info'),
} as const;
