import { describe, expect, it } from 'vitest';
import { MessagesRequest } from './messages-request.js';
import { inputTokens, usageOf } from './usage.js';

const request = (...messages: object[]) =>
  MessagesRequest.parse({ model: 'm', system: 's'.repeat(400), tools: [{ name: 'Bash' }], messages });

describe('usage', () => {
  it('writes the cache in the first call and reads it in later ones', () => {
    const first = usageOf(request({ role: 'user', content: 'hi' }), 'x'.repeat(40));
    expect(first).toMatchObject({ cache_read_input_tokens: 0, output_tokens: 10 });
    expect(first.cache_creation_input_tokens).toBeGreaterThanOrEqual(100);
    const conversation = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'hello' },
      { role: 'user', content: 'hi' },
    ];
    const second = usageOf(request(...conversation), '');
    expect(second).toMatchObject({ cache_creation_input_tokens: 0, output_tokens: 0 });
    expect(second.cache_read_input_tokens).toBeGreaterThan(first.cache_creation_input_tokens);
  });

  it('grows with the text and is the same for the same text', () => {
    const long = request({ role: 'user', content: 'y'.repeat(4_000) });
    expect(inputTokens(long)).toBeGreaterThan(inputTokens(request({ role: 'user', content: 'y' })) + 990);
    expect(usageOf(long, 'a')).toEqual(usageOf(long, 'a'));
  });
});
