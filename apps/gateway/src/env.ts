import { type EnvSource, noTestFlagsInProduction, readEnv, type TestFlag, variable } from '@berth/env';
import type { DefaultModelProvider } from '@berth/store';
import { telemetrySettings } from '@berth/telemetry';
import { z } from 'zod';

/** What may be missing from the settings while they are being checked. */
type Unchecked = Partial<Record<string, unknown>>;

/** Rules between variables are checked beside the others, so that everything is reported at once. */
const rule = (name: string, message: string) => ({ path: [name], message, when: () => true });

const allOrNone = (names: readonly string[]) => (settings: Unchecked) =>
  new Set(names.map((name) => settings[name] === undefined)).size === 1;

const LINK_FILES = ['LINK_CERT', 'LINK_KEY', 'LINK_CA'] as const;

/** Every variable that the gateway reads. */
const GatewayVariables = z
  .object({
    NODE_ENV: variable.nodeEnv.default('development'),
    LOG_LEVEL: variable.logLevel.default('info'),
    HOST: variable.host.default('127.0.0.1'),
    PORT: variable.port.default(8080),
    METRICS_PORT: variable.wholeNumber({ min: 1, max: 65_535 }).optional(),
    PUBLIC_URL: variable.urlOf('http', 'https').optional(),
    DATABASE_URL: variable.postgresUrl,
    REDIS_URL: variable.redisUrl,
    BERTH_SECRET: variable.secret,
    BERTH_ADMIN_EMAIL: z.email('an e-mail address').max(254).optional(),
    BERTH_ADMIN_PASSWORD: z.string().min(8, 'at least 8 characters long').max(1024, 'at most 1024 characters long').optional(),
    BERTH_TRUSTED_PROXIES: variable.networks.default([]),
    BERTH_WORKSPACE_ROOTS: variable.folders,
    BERTH_MODEL: z.enum(['scripted'], 'scripted, or nothing').optional(),
    BERTH_TEST_FLAGS: variable.testFlags,
    LINK_CERT: z.string().optional(),
    LINK_KEY: z.string().optional(),
    LINK_CA: z.string().optional(),
  })
  .refine(...noTestFlagsInProduction)
  .refine(
    ({ NODE_ENV, PUBLIC_URL }: Unchecked) =>
      NODE_ENV !== 'production' || (typeof PUBLIC_URL === 'string' && PUBLIC_URL.startsWith('https://')),
    rule('PUBLIC_URL', 'set in production, to the https:// address under which browsers reach Berth'),
  )
  .refine(
    allOrNone(['BERTH_ADMIN_EMAIL', 'BERTH_ADMIN_PASSWORD']),
    rule('BERTH_ADMIN_PASSWORD', 'set together with BERTH_ADMIN_EMAIL, or neither of them'),
  )
  .refine(allOrNone(LINK_FILES), rule('LINK_CERT', 'set together with LINK_KEY and LINK_CA, or none of them'));

/** Settings of a gateway. */
export interface GatewayEnv {
  production: boolean;
  logLevel: z.output<typeof variable.logLevel>;
  /** Where it listens; port 0 lets the system choose. */
  listen: { host: string; port: number };
  /** Origin under which browsers reach it; undefined: the address that it listens on. */
  publicOrigin: string | undefined;
  databaseUrl: string;
  redisUrl: string;
  /** At least 32 bytes; keys are derived from it, it is never used as one. */
  secret: string;
  /** Owner of the first tenant, created once. */
  admin: { email: string; password: string } | undefined;
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Folders in which members may start sessions by path. */
  workspaceRoots: readonly string[];
  /** Who answers the sessions of tenants that have not chosen. */
  defaultModelProvider: DefaultModelProvider;
  flags: ReadonlySet<TestFlag>;
  /** PEM files for mutual TLS on the link; undefined: loopback with a challenge. */
  linkTls: { cert: string; key: string; ca: string } | undefined;
}

function toGatewayEnv(read: z.output<typeof GatewayVariables>): GatewayEnv {
  const { BERTH_ADMIN_EMAIL: email, BERTH_ADMIN_PASSWORD: password, LINK_CERT: cert, LINK_KEY: key, LINK_CA: ca } = read;
  return {
    production: read.NODE_ENV === 'production',
    logLevel: read.LOG_LEVEL,
    listen: { host: read.HOST, port: read.PORT },
    publicOrigin: read.PUBLIC_URL === undefined ? undefined : new URL(read.PUBLIC_URL).origin,
    databaseUrl: read.DATABASE_URL,
    redisUrl: read.REDIS_URL,
    secret: read.BERTH_SECRET,
    admin: email === undefined || password === undefined ? undefined : { email, password },
    trustedProxies: read.BERTH_TRUSTED_PROXIES,
    workspaceRoots: read.BERTH_WORKSPACE_ROOTS,
    defaultModelProvider: read.BERTH_MODEL ?? 'none',
    flags: read.BERTH_TEST_FLAGS,
    linkTls: cert === undefined || key === undefined || ca === undefined ? undefined : { cert, key, ca },
  };
}

/** Settings of a gateway; throws an `EnvError` that names every bad variable. */
export const readGatewayEnv = (source: EnvSource = process.env): GatewayEnv => toGatewayEnv(readEnv(GatewayVariables, source));

const MigrateVariables = z.object({ DATABASE_URL: variable.postgresUrl, BERTH_SECRET: variable.secret });

/** Settings of the migrations: the owner's database address and the secret behind the login roles. */
export function readMigrateEnv(source: EnvSource = process.env): { ownerUrl: string; secret: string } {
  const { DATABASE_URL, BERTH_SECRET } = readEnv(MigrateVariables, source);
  return { ownerUrl: DATABASE_URL, secret: BERTH_SECRET };
}

/** What this process' environment asks of telemetry; read before anything else is loaded. */
export const readTelemetryEnv = (source: EnvSource = process.env) => telemetrySettings(source);
