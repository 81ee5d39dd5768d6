/** A request that the broker knows what to do with. */
export type ModelRoute =
  { kind: 'hello' } | { kind: 'messages' | 'count-tokens' | 'models'; /** Of the upstream, with its query. */ target: string };

const MAX_TARGET_LENGTH = 2048;
/** Letters, digits and marks that no server reads as anything else: no percent sign, backslash or empty segment. */
const MODELS = /^\/v1\/models(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._:@-]+)*$/;
const QUERY = /^[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*$/;

/**
 * The route of a request, or undefined for everything that no session has business with. What is compared is what is sent on, byte for byte:
 * nothing is decoded, so that no spelling can mean one path here and another one there.
 */
export function modelRoute(method: string, target: string): ModelRoute | undefined {
  if (target.length > MAX_TARGET_LENGTH) return undefined;
  const [path = '', ...rest] = target.split('?');
  if (!QUERY.test(rest.join('?'))) return undefined;
  if (path === '/api/hello') return method === 'HEAD' || method === 'GET' ? { kind: 'hello' } : undefined;
  if (method === 'POST' && path === '/v1/messages') return { kind: 'messages', target };
  if (method === 'POST' && path === '/v1/messages/count_tokens') return { kind: 'count-tokens', target };
  if (method === 'GET' && MODELS.test(path)) return { kind: 'models', target };
  return undefined;
}
