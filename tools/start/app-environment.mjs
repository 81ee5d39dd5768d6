import { hostname } from 'node:os';
import { withoutModelKeys, withoutPassword, withoutSecrets } from '../lib/secrets.mjs';
import { withMark } from '../lib/children.mjs';
import { pathWithoutBin } from '../lib/paths.mjs';

function pick(env, names) {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Sessions inherit a worker's PATH: they get the machine's programs, not this checkout's. */
function withoutNpm(env) {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('npm_') && name !== 'INIT_CWD');
  return { ...Object.fromEntries(own), PATH: pathWithoutBin(env.PATH) };
}

/** A port that the operator fixed is one per process: the next process takes the next. */
function shiftedPort(env, name, by) {
  const port = Number(env[name]);
  return port > 0 ? { [name]: String(port + by) } : {};
}

/** `http://host:port` where people reach gateway `index`; a wildcard host is shown as loopback. */
export function gatewayAddress(options, index = 0) {
  const host = ['0.0.0.0', '::'].includes(options.host) ? '127.0.0.1' : options.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${options.port + index}`;
}

/**
 * The environments of what `npm start` runs. Only migrations get the owner's database password and only workers the model's key.
 * @param {{ env: Record<string, string>, options: object, secret: string, databaseUrl: string, redisUrl: string, mark: string, folder: string }} facts
 */
export function appEnvironments({ env, options, secret, databaseUrl, redisUrl, mark, folder }) {
  const scripted = env.ANTHROPIC_API_KEY || env.BERTH_MODEL ? {} : { BERTH_MODEL: 'scripted' };
  const base = {
    ...withoutNpm(withoutSecrets(env)),
    ...scripted,
    BERTH_SECRET: secret,
    BERTH_DATA_DIR: folder,
    REDIS_URL: redisUrl,
    DATABASE_URL: withoutPassword(databaseUrl),
    PUBLIC_URL: options.publicUrl ?? gatewayAddress(options),
  };
  const admin = pick(env, ['BERTH_ADMIN_EMAIL', 'BERTH_ADMIN_PASSWORD']);
  return {
    migrate: withMark({ ...withoutModelKeys(env), ...base, ...admin, ...pick(env, ['PGPASSWORD']), DATABASE_URL: databaseUrl }, mark),
    gateway: (index) =>
      withMark(
        { ...base, ...admin, HOST: options.host, PORT: String(options.port + index), ...shiftedPort(env, 'METRICS_PORT', index) },
        mark,
      ),
    worker: (index) =>
      withMark(
        {
          ...base,
          ...pick(env, ['ANTHROPIC_API_KEY']),
          BERTH_HOST_NAME: `${hostname()}-${index}`,
          ...shiftedPort(env, 'LINK_PORT', index),
          ...shiftedPort(env, 'METRICS_PORT', options.gateways + index),
        },
        mark,
      ),
  };
}
