import { ModelUsage } from '@berth/protocol';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';

/** Longer than any event or answer that carries counts; what is longer is passed on uncounted. */
const MAX_BUFFERED = 8 * 1024 * 1024;

const Count = z.int().nonnegative().nullish();
const Counts = z.object({
  input_tokens: Count,
  output_tokens: Count,
  cache_read_input_tokens: Count,
  cache_creation_input_tokens: Count,
});
const Message = z.object({ model: z.string(), usage: Counts.optional() });
const MessageStart = z.object({ type: z.literal('message_start'), message: Message });
const MessageDelta = z.object({ type: z.literal('message_delta'), usage: Counts });

/** Reads the tokens out of one answer while it passes by. */
export interface UsageMeter {
  /** Takes the next characters; never throws. */
  push(text: string): void;
  /** What was counted up to now; undefined if the answer has not said which model gives it. */
  read(): ModelUsage | undefined;
}

/** A meter for an answer of the given content type: server-sent events or one JSON body. */
export const usageMeter = (contentType: string | undefined): UsageMeter =>
  /^text\/event-stream\b/i.test(contentType ?? '') ? new EventMeter() : new BodyMeter();

class EventMeter implements UsageMeter {
  #usage: ModelUsage | undefined;
  #parser: ReturnType<typeof createParser> | undefined = createParser({
    maxBufferSize: MAX_BUFFERED,
    onEvent: ({ data }) => this.#count(data),
  });

  push(text: string): void {
    try {
      this.#parser?.feed(text);
    } catch {
      // An event beyond all measure: what was counted stands.
      this.#parser = undefined;
    }
  }

  read(): ModelUsage | undefined {
    return this.#usage;
  }

  #count(data: string): void {
    // Most events are deltas of text: no need to look into them.
    if (!data.includes('message_start') && !data.includes('message_delta')) return;
    const event = parseJson(data);
    const start = MessageStart.safeParse(event);
    if (start.success) this.#usage = toUsage(start.data.message);
    const delta = MessageDelta.safeParse(event);
    if (delta.success && this.#usage) this.#usage = raise(this.#usage, delta.data.usage);
  }
}

class BodyMeter implements UsageMeter {
  #text = '';

  push(text: string): void {
    if (this.#text.length <= MAX_BUFFERED) this.#text += text;
  }

  read(): ModelUsage | undefined {
    if (this.#text.length > MAX_BUFFERED) return undefined;
    const message = Message.safeParse(parseJson(this.#text));
    return message.success ? toUsage(message.data) : undefined;
  }
}

function toUsage({ model, usage }: z.infer<typeof Message>): ModelUsage {
  const name = ModelUsage.shape.model.safeParse(model.replaceAll(/\p{Cc}/gu, ''));
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return raise({ model: name.success ? name.data : 'unknown', ...none }, usage ?? {});
}

/** Counts in a stream are totals up to there: a later one replaces an earlier one, and one that is left out or zero says nothing. */
function raise(usage: ModelUsage, counts: Partial<z.infer<typeof Counts>>): ModelUsage {
  return {
    model: usage.model,
    inputTokens: Math.max(usage.inputTokens, counts.input_tokens ?? 0),
    outputTokens: Math.max(usage.outputTokens, counts.output_tokens ?? 0),
    cacheReadTokens: Math.max(usage.cacheReadTokens, counts.cache_read_input_tokens ?? 0),
    cacheWriteTokens: Math.max(usage.cacheWriteTokens, counts.cache_creation_input_tokens ?? 0),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
