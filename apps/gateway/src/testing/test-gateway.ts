import { randomBytes, randomInt } from 'node:crypto';
import { Writable } from 'node:stream';
import type { MemberRole, SignedIn, TenantId, UserId } from '@berth/protocol';
import { createTestDatabase } from '@berth/store/testing';
import type { TestDatabase } from '@berth/store/testing';
import { logOptions } from '@berth/telemetry';
import { pino } from 'pino';
import { hashPassword } from '../auth/passwords.js';
import type { GatewayEnv } from '../env.js';
import { Gateway } from '../gateway.js';
import { passStartChecks } from '../system/start-checks.js';
import { ApiClient } from './api-client.js';
import { ContractCheck } from './contract-check.js';
import type { OpenApiDocument } from './contract-check.js';

/** A member who can sign in. */
interface TestMember {
  tenantId: TenantId;
  userId: UserId;
  email: string;
}

/** A gateway in this process, on a port and a database of its own; whoever starts it closes it. */
export interface TestGateway {
  gateway: Gateway;
  database: TestDatabase;
  origin: string;
  redisUrl: string;
  /** Password of everybody whom {@link addMember} adds. */
  password: string;
  /** Everything it has logged so far, JSON lines. */
  log(): string;
  /** A client that nobody has signed in with yet. */
  client(): ApiClient;
  /** Adds a tenant with one member. */
  addMember(role?: MemberRole): Promise<TestMember>;
  /** A client of a new member, in a tenant of its own. */
  signedIn(role?: MemberRole): Promise<{ api: ApiClient; member: TestMember; signedIn: SignedIn }>;
  close(): Promise<void>;
}

function serverUrl(name: string): string {
  const url = process.env[name === 'redis' ? 'BERTH_TEST_REDIS_URL' : 'BERTH_TEST_DATABASE_URL'];
  if (url === undefined) throw new Error(`there is no ${name} to test with: run the specs with npm test`);
  return url;
}

const settings = (database: TestDatabase): GatewayEnv => ({
  production: false,
  logLevel: 'info',
  listen: { host: '127.0.0.1', port: 0 },
  publicOrigin: undefined,
  databaseUrl: database.databaseUrl,
  redisUrl: serverUrl('redis'),
  secret: database.secret,
  admin: undefined,
  // Clients come with addresses of their own choice, see ApiClient.
  trustedProxies: ['127.0.0.1'],
  workspaceRoots: [],
  defaultModelProvider: 'none',
  flags: new Set(),
  linkTls: undefined,
});

export async function startTestGateway(overrides: Partial<GatewayEnv> = {}): Promise<TestGateway> {
  const database = await createTestDatabase(serverUrl('postgres'));
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const env = { ...settings(database), ...overrides };
  // The negative control signs in as the owner of the tables.
  if (env.flags.has('no-rls')) env.databaseUrl = database.ownerUrl;
  const logger = pino(logOptions('berth-gateway', 'debug'), sink);
  const gateway = await Gateway.create(env, logger);
  const origin = `http://127.0.0.1:${String(await gateway.listen())}`;
  await passStartChecks(gateway.app, env, logger);
  const contract = new ContractCheck((await (await fetch(`${origin}/openapi.json`)).json()) as OpenApiDocument);
  const password = randomBytes(12).toString('hex');
  const passwordHash = await hashPassword(password);

  const client = (): ApiClient => new ApiClient(origin, contract);
  const addMember = async (role: MemberRole = 'owner'): Promise<TestMember> => {
    const email = `member-${String(randomInt(2 ** 40))}@example.com`;
    return { email, ...(await database.addTenant({ email, role, passwordHash })) };
  };
  return {
    gateway,
    database,
    origin,
    redisUrl: env.redisUrl,
    password,
    log: () => lines.join(''),
    client,
    addMember,
    signedIn: async (role) => {
      const member = await addMember(role);
      const api = client();
      return { api, member, signedIn: await api.signIn({ email: member.email, password }) };
    },
    close: async () => {
      await gateway.close();
      await database.drop();
    },
  };
}
