import { describe, expect, it } from 'vitest';
import { INPUT_FRAME_COST, INPUT_PENDING_BYTES } from './limits.js';
import { ViewerInput } from './viewer-input.js';

const bytes = (text: string) => new TextEncoder().encode(text);

function connected(input: ViewerInput, lastInputSeq = 0): string[] {
  const sent: string[] = [];
  input.connect((inputSeq, data) => sent.push(`${inputSeq}${new TextDecoder().decode(data)}`) > 0, lastInputSeq);
  return sent;
}

describe('ViewerInput', () => {
  it('passes input on, and again to the next connection what was not acknowledged', () => {
    const input = new ViewerInput();
    input.receive(1, bytes('a'));
    const first = connected(input);
    input.receive(2, bytes('b'));
    input.acknowledge(1);
    input.receive(3, bytes('c'));
    input.disconnect();
    input.receive(4, bytes('d'));
    expect(first).toEqual(['1a', '2b', '3c']);
    expect(connected(input, 2)).toEqual(['3c', '4d']);
    input.refuse(3);
    expect(connected(input, 2)).toEqual(['4d']);
  });

  it('keeps a copy of its own', () => {
    const input = new ViewerInput();
    const data = bytes('a');
    input.receive(1, data);
    data[0] = 0;
    expect(connected(input)).toEqual(['1a']);
  });

  it('keeps in order what the way to the host does not take, and offers it again', () => {
    const input = new ViewerInput();
    const sent: number[] = [];
    let room = 2;
    input.connect((inputSeq) => room-- > 0 && sent.push(inputSeq) > 0, 0);
    for (let inputSeq = 1; inputSeq <= 5; inputSeq++) input.receive(inputSeq, bytes('x'));
    expect(sent).toEqual([1, 2]);
    input.acknowledge(1);
    room = 1;
    input.offer();
    expect(sent).toEqual([1, 2, 3]);
    input.refuse(3);
    input.acknowledge(2);
    room = 9;
    input.receive(6, bytes('x'));
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
    input.disconnect();
    expect(connected(input, 4)).toEqual(['5x', '6x']);
  });

  it('remembers no more single bytes than their upkeep allows', () => {
    const input = new ViewerInput();
    let count = 0;
    while (!input.full) input.receive(++count, bytes('x'));
    expect(count).toBeLessThanOrEqual(INPUT_PENDING_BYTES / INPUT_FRAME_COST + 1);
  });

  it('is full above its limit', () => {
    const input = new ViewerInput();
    input.receive(1, new Uint8Array(INPUT_PENDING_BYTES - INPUT_FRAME_COST));
    expect(input.full).toBe(false);
    input.receive(2, bytes('a'));
    expect(input.full).toBe(true);
    input.acknowledge(1);
    expect(input.full).toBe(false);
  });

  it('drops what was typed for the run before, until the client has heard of the new one', () => {
    const input = new ViewerInput();
    connected(input);
    input.receive(1, bytes('a'));
    input.restart(7);
    const sent = connected(input);
    expect(input.receive(2, bytes('old'))).toBe('dropped');
    input.answered(6);
    expect(input.receive(3, bytes('old'))).toBe('dropped');
    input.answered(7);
    expect(input.receive(1, bytes('new'))).toBe('taken');
    expect(sent).toEqual(['1new']);
  });

  it('knows a restarted sequence before the answer', () => {
    const input = new ViewerInput();
    connected(input, 5);
    input.restart(1);
    const sent = connected(input);
    expect(input.receive(1, bytes('new'))).toBe('taken');
    expect(input.receive(2, bytes('more'))).toBe('taken');
    input.answered(1);
    expect(input.receive(3, bytes('!'))).toBe('taken');
    expect(sent).toEqual(['1new', '2more', '3!']);
  });

  it('says when only a new connection can tell', () => {
    const input = new ViewerInput();
    connected(input);
    input.restart(1);
    connected(input);
    expect(input.receive(1, bytes('?'))).toBe('ambiguous');
  });
});
