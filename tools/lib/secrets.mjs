/** Credentials of model providers: for workers alone. */
const MODEL_KEYS = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'];

/** Everything else that must not reach a program which has no use for it (npm, Postgres, Redis, compilers, tests). */
const OWN_SECRETS = ['BERTH_SECRET', 'BERTH_ADMIN_EMAIL', 'BERTH_ADMIN_PASSWORD', 'DATABASE_URL', 'PGPASSWORD', 'REDIS_URL'];

/** A copy of the environment without the model's credentials. */
export function withoutModelKeys(env) {
  return without(env, MODEL_KEYS);
}

/** A copy of the environment without any credential that we know of. */
export function withoutSecrets(env) {
  return without(env, [...MODEL_KEYS, ...OWN_SECRETS]);
}

function without(env, names) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** The same URL without its password: apps sign in to Postgres with roles of their own. */
export function withoutPassword(url) {
  const copy = new URL(url);
  copy.password = '';
  return copy.href;
}

/** `host:port` of a URL, to name it in a message without its credentials. */
export function addressOf(url, defaultPort) {
  const { hostname, port } = new URL(url);
  return `${hostname || 'localhost'}:${port || defaultPort}`;
}
