import { orExit } from '@berth/env';
import { openStore } from '@berth/store';
import { ensureFirstTenant } from './auth/first-tenant.js';
import { OWN_LINK_S, loginLinkUrl, newLinkToken } from './auth/login-links.js';
import { readGatewayEnv } from './env.js';
import { listeningOrigin } from './gateway-address.js';

const env = orExit(readGatewayEnv);
const store = openStore(env);
try {
  const userId = await ensureFirstTenant(store, env);
  const token = newLinkToken();
  await store.withSystem('sign_in', ({ loginTokens }) => loginTokens.create({ userId, token, lifetimeSeconds: OWN_LINK_S }));
  process.stdout.write(`${loginLinkUrl(env.publicOrigin ?? listeningOrigin(env.listen), token)}\n`);
} catch (error) {
  process.stderr.write(`berth: no sign-in link could be made: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await store.close();
}
