import type { ServerResponse } from 'node:http';
import type { BrokerLab } from './broker-lab.js';
import { anthropic } from './broker-lab.js';
import { ask, open } from './call.js';

const event = (data: { type: string; [field: string]: unknown }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/** The first event of a stream, and the one with the final count. */
export const START = event({ type: 'message_start', message: { model: 'claude-x', usage: { input_tokens: 10, output_tokens: 1 } } });
export const DELTA = event({ type: 'message_delta', delta: {}, usage: { output_tokens: 7 } });
/** What both together say was used. */
export const USED = { model: 'claude-x', inputTokens: 10, outputTokens: 7, cacheReadTokens: 0, cacheWriteTokens: 0 };
export const SSE = { 'content-type': 'text/event-stream' };

/** A call whose answer has begun, and is the test's to go on with. */
export async function begun(lab: BrokerLab) {
  const reached = Promise.withResolvers<ServerResponse>();
  const url = await lab.upstream((_incoming, response) => {
    response.writeHead(200, SSE).write(START);
    reached.resolve(response);
  });
  const under = await lab.broker(anthropic(url));
  const response = await open(under.broker, ask('x'));
  return { ...under, response, upstream: await reached.promise };
}

/** An upstream that takes requests and never answers; `reached` resolves with the first one's response. */
export async function silent(lab: BrokerLab) {
  const reached = Promise.withResolvers<ServerResponse>();
  const url = await lab.upstream((incoming, response) => {
    incoming.resume();
    reached.resolve(response);
  });
  return { url, reached: reached.promise };
}
