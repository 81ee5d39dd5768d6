import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { MessagesRequest } from './messages-request.js';
import type { Reply } from './script.js';
import { usageOf } from './usage.js';

type Answer = Exclude<Reply, { kind: 'failure' }>;

const id = (prefix: string): string => `${prefix}_scripted_${randomUUID().replaceAll('-', '')}`;

/** All that the model "writes", for its count of tokens. */
const outputOf = (answer: Answer): string => answer.text + (answer.kind === 'tool' ? JSON.stringify(answer.input) : '');

/** Words together with the space before them: joined they are the text again. */
const words = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

/** Answers with one JSON body, as for `stream: false`. */
export function sendMessage(response: ServerResponse, request: MessagesRequest, answer: Answer): void {
  const content: unknown[] = [{ type: 'text', text: answer.text }];
  if (answer.kind === 'tool') content.push({ type: 'tool_use', id: id('toolu'), name: answer.name, input: answer.input });
  const message = { ...envelope(request), content, stop_reason: stopReason(answer), usage: usageOf(request, outputOf(answer)) };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

/** Answers with server-sent events, word by word; stops when the client goes away. */
export async function streamMessage(response: ServerResponse, request: MessagesRequest, answer: Answer): Promise<void> {
  const usage = usageOf(request, outputOf(answer));
  const send = (type: string, data: object): void => {
    if (!response.destroyed) response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  send('message_start', { message: { ...envelope(request), usage: { ...usage, output_tokens: 1 } } });
  send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  send('ping', {});
  const paceMs = answer.kind === 'text' ? answer.paceMs : 0;
  for (const word of words(answer.text)) {
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } });
    if (paceMs > 0) await pause(response, paceMs);
    if (response.destroyed) return;
  }
  send('content_block_stop', { index: 0 });
  if (answer.kind === 'tool') {
    send('content_block_start', { index: 1, content_block: { type: 'tool_use', id: id('toolu'), name: answer.name, input: {} } });
    send('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: JSON.stringify(answer.input) } });
    send('content_block_stop', { index: 1 });
  }
  const { output_tokens } = usage;
  send('message_delta', { delta: { stop_reason: stopReason(answer), stop_sequence: null }, usage: { output_tokens } });
  send('message_stop', {});
  response.end();
}

const stopReason = (answer: Answer): string => (answer.kind === 'tool' ? 'tool_use' : 'end_turn');

const envelope = ({ model }: MessagesRequest) => ({
  id: id('msg'),
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
});

/** Waits, or less if the client goes away. */
function pause(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.once('close', done);
  });
}
