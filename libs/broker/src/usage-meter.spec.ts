import { describe, expect, it } from 'vitest';
import { usageMeter } from './usage-meter.js';

const event = (data: { type: string; [field: string]: unknown }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event({
  type: 'message_start',
  message: {
    model: 'claude-x',
    usage: { input_tokens: 10, cache_creation_input_tokens: 20, cache_read_input_tokens: 30, output_tokens: 1 },
  },
});
const text = (words: string): string => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } });
const delta = (usage: object): string => event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage });
const whole = `${start}${event({ type: 'ping' })}${text('message_delta {"usage": ü')}${delta({ output_tokens: 7 })}${event({ type: 'message_stop' })}`;

const meterStream = (...chunks: string[]) => {
  const meter = usageMeter('text/event-stream; charset=utf-8');
  for (const chunk of chunks) meter.push(chunk);
  return meter.read();
};
const meterBody = (...chunks: string[]) => {
  const meter = usageMeter('application/json');
  for (const chunk of chunks) meter.push(chunk);
  return meter.read();
};
const counted = { model: 'claude-x', inputTokens: 10, outputTokens: 7, cacheReadTokens: 30, cacheWriteTokens: 20 };

describe('counting a stream', () => {
  it('counts the same wherever the stream is split', () => {
    for (let at = 0; at <= whole.length; at++) expect(meterStream(whole.slice(0, at), whole.slice(at))).toEqual(counted);
    expect(meterStream(...whole.split(''))).toEqual(counted);
    expect(meterStream(whole.replaceAll('\n', '\r\n'))).toEqual(counted);
  });

  it('knows what was counted up to any place, and no more than that', () => {
    const deltaEnd = whole.indexOf(event({ type: 'message_stop' }));
    for (let end = 0; end <= whole.length; end++) {
      const usage = meterStream(whole.slice(0, end));
      if (end < start.length) expect(usage).toBeUndefined();
      else expect(usage).toEqual({ ...counted, outputTokens: end < deltaEnd ? 1 : 7 });
    }
  });

  it('takes totals that come later for those that came before, and ignores zeros and nulls', () => {
    const first = delta({ input_tokens: 0, output_tokens: 5, cache_read_input_tokens: null });
    const second = delta({ input_tokens: 12, output_tokens: 9, cache_read_input_tokens: 31, cache_creation_input_tokens: 21 });
    expect(meterStream(start, first, second)).toEqual({
      model: 'claude-x',
      inputTokens: 12,
      outputTokens: 9,
      cacheReadTokens: 31,
      cacheWriteTokens: 21,
    });
  });

  it('counts an answer that reports all of its use at the end', () => {
    const bare = event({ type: 'message_start', message: { model: 'other' } });
    expect(meterStream(bare, delta({ input_tokens: 3, output_tokens: 4 }))).toMatchObject({
      model: 'other',
      inputTokens: 3,
      outputTokens: 4,
    });
  });

  it.each([
    ['no events', 'hello'],
    ['broken JSON', 'event: message_start\ndata: {"type":"message_start","message":{\n\n'],
    ['another shape', event({ type: 'message_start', message: 'text' })],
    ['a delta without a start', delta({ output_tokens: 5 })],
  ])('counts nothing in %s', (_name, stream) => {
    expect(meterStream(stream)).toBeUndefined();
  });

  it('is not upset by numbers that are none', () => {
    expect(meterStream(start, delta({ output_tokens: -5 }), delta({ output_tokens: 'many' }), delta({ output_tokens: 1.5 }))).toMatchObject(
      { outputTokens: 1 },
    );
  });

  it('keeps what was counted when an event is longer than all measure', () => {
    const chunk = 'x'.repeat(1024 * 1024);
    expect(meterStream(start, 'data: ', ...Array.from({ length: 10 }, () => chunk), '\n\n', delta({ output_tokens: 9 }))).toEqual({
      ...counted,
      outputTokens: 1,
    });
  });

  it('makes one plain line of a model’s name', () => {
    const named = (model: string) => meterStream(event({ type: 'message_start', message: { model } }))?.model;
    expect(named('a\nb\u001b[31m')).toBe('ab[31m');
    expect(named('')).toBe('unknown');
    expect(named('x'.repeat(201))).toBe('unknown');
  });
});

describe('counting one body', () => {
  const body = JSON.stringify({
    type: 'message',
    model: 'claude-x',
    content: [],
    usage: { input_tokens: 10, output_tokens: 7, cache_read_input_tokens: 30, cache_creation_input_tokens: 20 },
  });

  it('counts it once it is whole', () => {
    expect(meterBody(...body.split(''))).toEqual(counted);
    expect(meterBody(body.slice(0, -1))).toBeUndefined();
  });

  it.each(['', 'null', '[]', '{"input_tokens": 5}'])('counts nothing in %j', (other) => {
    expect(meterBody(other)).toBeUndefined();
  });

  it('counts nothing in a body longer than all measure', () => {
    expect(meterBody('x'.repeat(8 * 1024 * 1024), 'x', body)).toBeUndefined();
  });
});
