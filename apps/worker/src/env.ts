import { homedir, hostname, userInfo } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { EnvError, noTestFlagsInProduction, readEnv, variable } from '@berth/env';
import { telemetrySettings } from '@berth/telemetry';
import { z } from 'zod';

const MIB = 1024 * 1024;
const SMALL_LOG_BYTES = 32 * 1024;
const SMALL_RING_BYTES = 512 * 1024;
const seconds = (min: number, max: number) => variable.wholeNumber({ min, max });
const matching = (pattern: RegExp, expected: string) => z.string(expected).regex(pattern, expected);

/** Total of all logs when none is set: many runs that say little, and for each slot what a run has at least and as much again. */
const defaultTotalMib = (slots: number): number => Math.max(1_024, 2 * slots);

const Variables = z
  .object({
    NODE_ENV: variable.nodeEnv.default('development'),
    DATABASE_URL: variable.postgresUrl,
    REDIS_URL: variable.redisUrl,
    BERTH_SECRET: variable.secret,
    BERTH_DATA_DIR: z.string().default('.data'),
    BERTH_HOST_NAME: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, dots, dashes and underscores, 128 at most').default(
      `${hostname()}-0`,
    ),
    BERTH_SLOTS: variable.wholeNumber({ min: 1, max: 10_000 }).default(64),
    BERTH_HOST_OUTPUT_MIB_S: variable.wholeNumber({ min: 1, max: 65_536 }).default(128),
    BERTH_LEASE_AGENT_S: seconds(2, 86_400).default(60),
    BERTH_LEASE_TERMINAL_S: seconds(2, 86_400).default(300),
    BERTH_LEASE_RENEW_S: seconds(1, 3_600).default(10),
    BERTH_LEASE_MARGIN_S: seconds(1, 3_600).default(5),
    LOG_RUN_MIB: variable.wholeNumber({ min: 1, max: 65_536 }).default(16),
    LOG_TOTAL_MIB: variable.wholeNumber({ min: 1, max: 16_777_216 }).optional(),
    LINK_HOST: variable.host.default('127.0.0.1'),
    LINK_PORT: variable.port.default(0),
    LINK_ADVERTISE: matching(/^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port').optional(),
    LINK_CERT: z.string().optional(),
    LINK_KEY: z.string().optional(),
    LINK_CA: z.string().optional(),
    BERTH_TEST_FLAGS: variable.testFlags,
    ANTHROPIC_API_KEY: matching(/^[\x21-\x7e]{8,4096}$/, 'an API key: printable ASCII without spaces').optional(),
    ANTHROPIC_BASE_URL: variable.urlOf('http', 'https').default('https://api.anthropic.com'),
    BERTH_MODEL: z.enum(['scripted'], 'scripted, or nothing').optional(),
    BERTH_WORKSPACE_ROOTS: variable.folders,
    LOG_LEVEL: variable.logLevel.default('info'),
    PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
    LANG: z.string().default('C.UTF-8'),
    HOME: z.string().optional(),
    USER: z.string().optional(),
    SHELL: z.string().optional(),
  })
  .refine(...noTestFlagsInProduction)
  .refine((env) => [env.LINK_CERT, env.LINK_KEY, env.LINK_CA].filter((path) => path === undefined).length % 3 === 0, {
    path: ['LINK_CERT'],
    message: 'set together with LINK_KEY and LINK_CA, or none of them',
  })
  .refine((env) => env.BERTH_LEASE_RENEW_S + env.BERTH_LEASE_MARGIN_S < Math.min(env.BERTH_LEASE_AGENT_S, env.BERTH_LEASE_TERMINAL_S), {
    path: ['BERTH_LEASE_RENEW_S'],
    message: 'with BERTH_LEASE_MARGIN_S shorter than every lease, or each would end before it is renewed',
  })
  .refine((env) => (env.LOG_TOTAL_MIB ?? Infinity) >= 2 * env.BERTH_SLOTS, {
    path: ['LOG_TOTAL_MIB'],
    message: 'at least 2 for each of the BERTH_SLOTS of all workers: raise it, or lower BERTH_SLOTS',
  })
  .refine((env) => (env.LOG_TOTAL_MIB ?? defaultTotalMib(env.BERTH_SLOTS)) >= env.LOG_RUN_MIB, {
    path: ['LOG_TOTAL_MIB'],
    message: 'at least LOG_RUN_MIB: one run may take that much',
  });

/** Settings of a worker and of its guardian. */
export type WorkerEnv = ReturnType<typeof settings>;

/** What npm scripts put in front of PATH is ours, not the sessions'. */
const withoutOurTools = (path: string): string =>
  path
    .split(delimiter)
    .filter((folder) => !/node_modules\/(\.bin|.*node-gyp-bin)$/.test(folder))
    .join(delimiter);

/** Prefixes and names of variables that hold credentials, addresses with passwords included. */
const SECRETS = /^(ANTHROPIC_|CLAUDE_|OTEL_|BERTH_SECRET$|BERTH_ADMIN_|DATABASE_URL$|REDIS_URL$|PG)/;

const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.test(name)));

function settings() {
  const env = readEnv(Variables, process.env);
  const { LINK_CERT: cert, LINK_KEY: key, LINK_CA: ca } = env;
  return {
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    secret: env.BERTH_SECRET,
    dataDir: resolve(env.BERTH_DATA_DIR),
    hostName: env.BERTH_HOST_NAME,
    slots: env.BERTH_SLOTS,
    /** Bytes a second that all sessions put out together. */
    outputRate: env.BERTH_HOST_OUTPUT_MIB_S * MIB,
    lease: {
      ttlSeconds: { agent: env.BERTH_LEASE_AGENT_S, terminal: env.BERTH_LEASE_TERMINAL_S },
      timing: {
        shortestTtlMs: Math.min(env.BERTH_LEASE_AGENT_S, env.BERTH_LEASE_TERMINAL_S) * 1_000,
        renewMs: env.BERTH_LEASE_RENEW_S * 1_000,
        marginMs: env.BERTH_LEASE_MARGIN_S * 1_000,
      },
    },
    /** Memory in Redis that the log of a run, and all logs of the installation together, may take. */
    log: {
      runBytes: env.BERTH_TEST_FLAGS.has('small-log') ? SMALL_LOG_BYTES : env.LOG_RUN_MIB * MIB,
      totalBytes: (env.LOG_TOTAL_MIB ?? defaultTotalMib(env.BERTH_SLOTS)) * MIB,
    },
    /** With the tests' small log and ring, whoever comes late to a minute's work at a terminal is given a screen. */
    ringBytes: env.BERTH_TEST_FLAGS.has('small-log') ? SMALL_RING_BYTES : undefined,
    link: {
      listen: { host: env.LINK_HOST, port: env.LINK_PORT },
      advertise: env.LINK_ADVERTISE,
      tlsFiles: cert && key && ca ? { cert, key, ca } : undefined,
    },
    workspaceRoots: env.BERTH_WORKSPACE_ROOTS,
    /** `fallback`: who answers tenants that have chosen nobody. */
    model: {
      apiKey: env.ANTHROPIC_API_KEY,
      anthropicBaseUrl: env.ANTHROPIC_BASE_URL,
      fallback: env.BERTH_MODEL ?? ('none' as const),
    },
    /** For the processes beside this one, which are told their secrets: the variables of this process without any that can hold one. */
    childProcess: withoutSecrets(process.env),
    flags: env.BERTH_TEST_FLAGS,
    logLevel: env.LOG_LEVEL,
    /** What sessions may know of the machine's user. */
    user: {
      path: withoutOurTools(env.PATH),
      home: env.HOME ?? homedir(),
      user: env.USER ?? userInfo().username,
      shell: env.SHELL ?? userInfo().shell ?? '/bin/sh',
      lang: env.LANG,
    },
  };
}

/** Reads the environment; ends the process with one line for each bad variable when it cannot be used. */
export function readWorkerEnv(): WorkerEnv {
  try {
    return settings();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`berth: ${error.message}\n`);
    process.exit(1);
  }
}

/** What telemetry needs, read before anything else is loaded. */
export const readTelemetryEnv = () => telemetrySettings(process.env);
