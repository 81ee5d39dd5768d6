import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../lib/paths.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const USAGE = 'usage: npm start -- [--gateways N] [--workers N] [--lan] [--dev]';
/** More of each than one machine can use is a typing error. */
const MOST = 16;
/** Interfaces that lead to containers and tunnels, where no phone is. */
const VIRTUAL = /^(docker|br-|veth|virbr|tun|tap|wg|zt|tailscale|utun)/;

function count(value, name) {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  throw new ToolError(`--${name} must be a whole number from 1 to ${MOST}, not "${value}"; ${USAGE}`);
}

/** The address that other machines of the local network reach us at: private ranges first, virtual interfaces last. */
export function lanAddress(interfaces = networkInterfaces()) {
  const candidates = Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map((each) => ({ name, ...each })))
    .filter((each) => each.family === 'IPv4' && !each.internal)
    .sort((a, b) => rank(a) - rank(b));
  return candidates[0]?.address;
}

function rank({ name, address }) {
  const isPrivate = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
  return (VIRTUAL.test(name) ? 2 : 0) + (isPrivate ? 0 : 1);
}

function portFrom(value) {
  if (value === undefined || value === '') return 8080;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ToolError(`PORT must be a number from 0 to 65535, not "${value}"`);
}

/** What to start, from the command line and the environment: `{ gateways, workers, lan, dev, host, port, dataFolder, databaseUrl?, redisUrl?, publicUrl? }`. */
export function readOptions(argv, env) {
  let values;
  try {
    const options = { gateways: { type: 'string' }, workers: { type: 'string' }, lan: { type: 'boolean' }, dev: { type: 'boolean' } };
    values = parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new ToolError(`${error.message.split('. ')[0]}; ${USAGE}`);
  }
  const lan = values.lan ?? false;
  const host = lan ? lanAddress() : env.HOST || '127.0.0.1';
  if (!host) throw new ToolError('--lan: this machine has no address on a local network');
  return {
    gateways: count(values.gateways ?? 1, 'gateways'),
    workers: count(values.workers ?? 1, 'workers'),
    lan,
    dev: values.dev ?? false,
    host,
    port: portFrom(env.PORT),
    dataFolder: resolve(ROOT, env.BERTH_DATA_DIR || '.data'),
    databaseUrl: env.DATABASE_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    publicUrl: env.PUBLIC_URL || undefined,
  };
}
