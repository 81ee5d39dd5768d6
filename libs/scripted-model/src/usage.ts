import type { MessagesRequest } from './messages-request.js';

/** Token counts as the Messages API reports them. */
export interface Usage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
}

/** English text has about four characters a token. */
const CHARACTERS_PER_TOKEN = 4;

/** Tokens of a text or of anything that JSON can hold, by length alone. */
function countTokens(value: unknown): number {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** All that a request would cost as input, without a cache. */
export const inputTokens = (request: MessagesRequest): number => countTokens([request.system, request.tools, request.messages]);

/** Usage of one answer as if prompts were cached: the first call of a conversation writes the cache, each later one reads up to its last answer. */
export function usageOf(request: MessagesRequest, outputText: string): Usage {
  const prefix = countTokens([request.system, request.tools]);
  const known = request.messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  const older = known === 0 ? 0 : countTokens(request.messages.slice(0, known));
  return {
    input_tokens: countTokens(request.messages.slice(known)),
    cache_creation_input_tokens: known === 0 ? prefix : 0,
    cache_read_input_tokens: known === 0 ? 0 : prefix + older,
    output_tokens: countTokens(outputText),
  };
}
