import { randomBytes } from 'node:crypto';
import { orExit } from '@berth/env';
import { openStore } from '@berth/store';
import { ensureFirstTenant } from './auth/first-tenant.js';
import { readGatewayEnv } from './env.js';
import { listeningOrigin } from './gateway-address.js';

/** Time to walk to the other device. */
const LIFETIME_S = 600;

const env = orExit(readGatewayEnv);
const store = openStore(env);
try {
  const userId = await ensureFirstTenant(store, env);
  const token = randomBytes(32).toString('base64url');
  await store.withSystem('sign_in', ({ loginTokens }) => loginTokens.create({ userId, token, lifetimeSeconds: LIFETIME_S }));
  // In the fragment: browsers keep it to themselves.
  process.stdout.write(`${env.publicOrigin ?? listeningOrigin(env.listen)}/login#token=${token}\n`);
} catch (error) {
  process.stderr.write(`berth: no sign-in link could be made: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await store.close();
}
