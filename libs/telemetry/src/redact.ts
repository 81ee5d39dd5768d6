/** Names under which secrets travel, in logged objects and in headers, compared without case, `-` and `_`. */
const SECRET_NAMES = new Set(
  [
    'password',
    'passwordHash',
    'token',
    'accessToken',
    'refreshToken',
    'ticket',
    'secret',
    'apiKey',
    'xApiKey',
    'authorization',
    'cookie',
    'setCookie',
    'secWebsocketProtocol',
  ].map((name) => name.toLowerCase()),
);
const CENSOR = '[redacted]';
/** Deeper than anything that is worth a log line. */
const MAX_DEPTH = 6;

const isSecret = (name: string): boolean => SECRET_NAMES.has(name.replaceAll(/[-_]/g, '').toLowerCase());

/** A copy of a logged value in which everything that is named like a secret is replaced, however deep it stands. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  // Errors, dates and sockets have serializers of their own.
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, isSecret(name) ? CENSOR : redact(each, depth + 1)]));
}
