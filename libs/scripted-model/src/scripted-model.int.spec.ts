import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '@berth/testing';
import type { ScriptedModel, ScriptedModelOptions } from './index.js';
import { streamMessage } from './answer.js';
import { startScriptedModel } from './index.js';
import { MessagesRequest } from './messages-request.js';

const started: ScriptedModel[] = [];
async function start(options?: ScriptedModelOptions): Promise<ScriptedModel> {
  const model = await startScriptedModel(options);
  started.push(model);
  return model;
}
afterEach(() => Promise.all(started.splice(0).map((model) => model.close())));

const request = (text: string, more: object = {}) => ({
  method: 'POST',
  body: JSON.stringify({
    model: 'claude-test',
    max_tokens: 9,
    tools: [{ name: 'Bash' }],
    messages: [{ role: 'user', content: text }],
    ...more,
  }),
});
interface Event {
  type: string;
  [field: string]: unknown;
}
const eventsOf = (text: string): Event[] =>
  text.split('\n\n').flatMap((block) => {
    const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
    if (data === undefined) return [];
    const event = JSON.parse(data) as Event;
    expect(event.type).toBe(name);
    return [event];
  });
const stream = async (model: ScriptedModel, text: string) =>
  eventsOf(await (await fetch(`${model.url}/v1/messages?beta=true`, request(text, { stream: true }))).text());

describe('the scripted model over HTTP', () => {
  it('streams an answer in the order of the Messages API', async () => {
    const events = await stream(await start(), 'hi');
    const types = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toMatchObject({
      message: { model: 'claude-test', role: 'assistant', content: [], usage: { input_tokens: expect.any(Number) } },
    });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: expect.any(Number) } });
  });

  it('streams a tool call with its input as JSON', async () => {
    const events = await stream(await start(), 'RUNBASH: ls "a b"');
    expect(events).toContainEqual({
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: expect.any(String), name: 'Bash', input: {} },
    });
    const json = events.flatMap(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? []).join('');
    expect(JSON.parse(json)).toMatchObject({ command: 'ls "a b"' });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('gives the same text and the same usage streamed and in one body', async () => {
    const model = await start();
    const events = await stream(model, 'hi');
    const streamed = events.flatMap(({ delta }) => (delta as { text?: string } | undefined)?.text ?? []).join('');
    const body = (await (await fetch(`${model.url}/v1/messages`, request('hi'))).json()) as {
      content: unknown;
      usage: { output_tokens: number };
    };
    expect(body).toMatchObject({ type: 'message', content: [{ type: 'text', text: streamed }], stop_reason: 'end_turn' });
    expect(events.at(-2)).toMatchObject({ usage: { output_tokens: body.usage.output_tokens } });
    const tool = await (await fetch(`${model.url}/v1/messages`, request('RUNBASH: ls'))).json();
    expect(tool).toMatchObject({ content: [{ type: 'text' }, { type: 'tool_use', name: 'Bash' }], stop_reason: 'tool_use' });
  });

  it('stops a slow answer when its client goes away', async () => {
    let streamed: Promise<void> | undefined;
    const server = createServer((_incoming, response) => {
      const slow = { kind: 'text', text: 'word '.repeat(9_000), paceMs: 200 } as const;
      streamed = streamMessage(response, MessagesRequest.parse({ model: 'm', messages: [{ role: 'user', content: 'x' }] }), slow);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    // Half an hour early.
    await streamed;
    await new Promise((resolve) => server.close(resolve));
  });

  it('lets a slow answer be read as it comes', async () => {
    const model = await start();
    const began = performance.now();
    const events = await stream(model, 'SLOW 3');
    expect(performance.now() - began).toBeGreaterThan(550);
    expect(events.filter(({ type }) => type === 'content_block_delta')).toHaveLength(3);
  });

  it.each([
    [401, 'authentication_error', null],
    [429, 'rate_limit_error', '1'],
    [500, 'api_error', null],
    [529, 'overloaded_error', null],
  ])('fails with %i as %s', async (status, type, retryAfter) => {
    const response = await fetch(`${(await start()).url}/v1/messages`, request(`FAIL ${String(status)}`, { stream: true }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type, message: expect.any(String) } });
  });

  it('counts tokens', async () => {
    const response = await fetch(`${(await start()).url}/v1/messages/count_tokens?beta=true`, request('hi'));
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
  });

  it('says hello, and 404 to everything else', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/api/hello`, { method: 'HEAD' })).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/v1/messages'],
      ['POST', '/v1/complete'],
      ['GET', '/'],
      ['POST', '/v1/messages/batches'],
    ])
      expect((await fetch(`${url}${path ?? ''}`, { method: method ?? '' })).status, path).toBe(404);
  });

  it.each(['', '{', '[]', '{"model":"m","messages":[]}', '{"model":"m","messages":[{"role":"king","content":"x"}]}'])(
    'refuses the body %j',
    async (body) => {
      const response = await fetch(`${(await start()).url}/v1/messages`, { method: 'POST', body });
      expect([response.status, await response.json()]).toMatchObject([400, { type: 'error', error: { type: 'invalid_request_error' } }]);
    },
  );

  it('answers a body that is too large instead of breaking off', async () => {
    const response = await fetch(`${(await start()).url}/v1/messages`, { method: 'POST', body: 'x'.repeat(5 * 1024 * 1024) });
    expect(response.status).toBe(413);
  });

  it('keeps the newest requests, with whose session they are', async () => {
    const seen: string[] = [];
    const model = await start({ keep: 2, onRequest: ({ path }) => seen.push(path) });
    for (const id of ['a', 'b', 'c'])
      await fetch(`${model.url}/v1/messages?${id}`, { ...request(id), headers: { 'X-Claude-Code-Session-Id': id } });
    await waitFor(() => seen.length === 3);
    expect(model.requests.map(({ headers }) => headers['x-claude-code-session-id'])).toEqual(['b', 'c']);
    expect(model.requests[1]).toMatchObject({ method: 'POST', path: '/v1/messages?c', body: { messages: [{ content: 'c' }] } });
  });

  it('keeps nothing when told so', async () => {
    const model = await start({ keep: 0 });
    await fetch(`${model.url}/v1/messages`, request('secret'));
    expect(model.requests).toEqual([]);
  });
});
