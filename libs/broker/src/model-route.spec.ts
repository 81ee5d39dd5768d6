import { describe, expect, it } from 'vitest';
import { modelRoute } from './model-route.js';

describe('the paths that a session may call', () => {
  it.each([
    ['POST', '/v1/messages', 'messages'],
    ['POST', '/v1/messages?beta=true', 'messages'],
    ['POST', '/v1/messages/count_tokens?beta=true', 'count-tokens'],
    ['GET', '/v1/models', 'models'],
    ['GET', '/v1/models?limit=20&after_id=claude-3', 'models'],
    ['GET', '/v1/models/claude-opus-4-5@20251101', 'models'],
    ['GET', '/v1/models/vendor/model-1.5:free', 'models'],
  ])('%s %s is passed on as it is', (method, target, kind) => {
    expect(modelRoute(method, target)).toEqual({ kind, target });
  });

  it.each(['HEAD', 'GET'])('%s /api/hello is answered here', (method) => {
    expect(modelRoute(method, '/api/hello')).toEqual({ kind: 'hello' });
    expect(modelRoute(method, '/api/hello?x=1')).toEqual({ kind: 'hello' });
  });

  it.each([
    ['GET', '/v1/messages'],
    ['PUT', '/v1/messages'],
    ['CONNECT', '/v1/messages'],
    ['POST', '/v1/models'],
    ['DELETE', '/v1/models/x'],
    ['POST', '/api/hello'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/v1/files'],
    ['GET', '/v1/organizations/api_keys'],
    ['POST', '/v1/complete'],
    ['GET', '/'],
    ['POST', ''],
    ['OPTIONS', '*'],
    // Spellings that some server takes for another path.
    ['POST', '/v1/messages/'],
    ['POST', '//v1/messages'],
    ['POST', '/v1//messages'],
    ['POST', '/V1/messages'],
    ['POST', '//evil.example/v1/messages'],
    ['POST', '/\\evil.example/v1/messages'],
    ['POST', 'http://evil.example/v1/messages'],
    ['POST', 'https://api.anthropic.com/v1/messages'],
    ['POST', 'evil.example/v1/messages'],
    ['POST', '@evil.example/v1/messages'],
    ['POST', '/v1/messages@evil.example'],
    ['POST', '/v1/./messages'],
    ['POST', '/v1/messages/..'],
    ['POST', '/v1/messages/../files'],
    ['POST', '/v1/messages/%2e%2e/files'],
    ['POST', '/v1/messages%2Fbatches'],
    ['POST', '/v1/messages;x=/files'],
    ['POST', '/v1/messages#x'],
    ['POST', '/v1/messages?x#/files'],
    ['POST', '/v1/messages?a b'],
    ['POST', '/v1/messages?a\r\nx-evil: 1'],
    ['POST', '/v1/messages?\u0000'],
    ['POST', `/v1/messages?${'x'.repeat(3_000)}`],
    ['GET', '/v1/models/'],
    ['GET', '/v1/models/..'],
    ['GET', '/v1/models/../messages'],
    ['GET', '/v1/models/.'],
    ['GET', '/v1/models/x/../../files'],
    ['GET', '/v1/models/x/..'],
    ['GET', '/v1/models//x'],
    ['GET', '/v1/models/%2e%2e/files'],
    ['GET', '/v1/models/..%2ffiles'],
    ['GET', '/v1/models/..;/files'],
    ['GET', '/v1/models/x\\..\\files'],
    ['GET', '/v1/modelsx'],
    ['GET', '/v1/models\u0000'],
  ])('%s %j is nobody’s business', (method, target) => {
    expect(modelRoute(method, target)).toBeUndefined();
  });
});
