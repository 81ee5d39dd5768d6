import type { ErrorCode } from '@berth/protocol';
import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { InputGate } from './input-gate.js';
import { MAX_CLIENTS } from './limits.js';
import type { ViewerRequest } from './ports.js';

function gate() {
  const program = { takesInput: true, room: Infinity, applied: [] as string[], sizes: [] as string[] };
  const subject = new InputGate({
    get takesInput() {
      return program.takesInput;
    },
    input: (bytes) => {
      if (program.applied.length >= program.room) return false;
      program.applied.push(new TextDecoder().decode(bytes));
      return true;
    },
    resize: (cols, rows) => program.sizes.push(`${cols}x${rows}`),
  });
  const attach = (clientId: string, request: Partial<ViewerRequest> = {}) => {
    const heard: string[] = [];
    const attachment = subject.attach(
      { principal: 'usr', clientId, mayDrive: true, wantsDrive: true, cols: 80, rows: 24, ...request },
      {
        inputAck: (seq) => heard.push(`ack ${seq}`),
        reject: (seq, code: ErrorCode) => heard.push(`reject ${seq} ${code}`),
        closed: (code: ErrorCode) => heard.push(`closed ${code}`),
      },
    );
    return {
      ...attachment,
      heard,
      type: (seq: number, text = `${clientId}${seq}`) => attachment.input(seq, new TextEncoder().encode(text)),
    };
  };
  const rivalOf = (clientId: string) => subject.rivalOf({ principal: 'usr', clientId });
  return { program, attach, rivalOf };
}

describe('InputGate', () => {
  it('applies each piece once and in order', () => {
    const { program, attach } = gate();
    const a = attach('a');
    for (const seq of [1, 2, 2, 1, 3]) a.type(seq);
    expect(program.applied).toEqual(['a1', 'a2', 'a3']);
    expect(a.heard).toEqual(['ack 1', 'ack 2', 'ack 2', 'ack 2', 'ack 3']);
  });

  it('ends a client that jumps', () => {
    const { program, attach } = gate();
    const a = attach('a');
    a.type(1);
    a.type(3);
    a.type(2);
    expect(program.applied).toEqual(['a1']);
    expect(a.heard).toEqual(['ack 1', 'closed invalid_request']);
    expect(attach('a').lastInputSeq).toBe(1);
  });

  it('goes on where the client was after any cut, with every prefix repeated', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const { program, attach } = gate();
      const total = 40;
      let acked = 0;
      while (acked < total) {
        const a = attach('a');
        expect(a.lastInputSeq).toBeGreaterThanOrEqual(acked);
        // The client repeats all that it holds unacknowledged; some of it, and some acknowledgements, are lost on the way.
        const upTo = random.int(acked, Math.min(total, acked + 10));
        for (let seq = acked + 1; seq <= upTo; seq++) a.type(seq);
        if (random.chance(0.5)) acked = Math.max(acked, Number(a.heard.at(-1)?.slice(4) ?? acked));
        if (random.chance(0.5)) a.detach();
      }
      expect(program.applied).toEqual(Array.from({ length: total }, (_, i) => `a${i + 1}`));
    }
  });

  it('keeps each of two drivers in its own order', () => {
    const { program, attach } = gate();
    const random = seededRandom(3);
    const drivers = [attach('a'), attach('b'), attach('a', { principal: 'other' })];
    const next = [1, 1, 1];
    for (let i = 0; i < 300; i++) {
      const n = random.int(0, 2);
      drivers[n]?.type(next[n] ?? 0, `${n}:${next[n]}`);
      next[n] = (next[n] ?? 0) + 1;
    }
    for (const n of [0, 1, 2]) {
      const own = program.applied.filter((text) => text.startsWith(`${n}:`));
      expect(own).toEqual(own.map((_, i) => `${n}:${i + 1}`));
      expect(own).toHaveLength((next[n] ?? 0) - 1);
    }
  });

  it('lets a duplicated tab take over: nothing is swallowed, nothing burnt', () => {
    const { program, attach } = gate();
    const first = attach('a');
    first.type(1);
    const second = attach('a');
    expect(first.heard).toEqual(['ack 1', 'closed superseded']);
    expect(second.lastInputSeq).toBe(1);
    first.type(2, 'ghost');
    first.resize(10, 10);
    first.detach();
    second.type(2);
    expect(program.applied).toEqual(['a1', 'a2']);
    expect(attach('a').lastInputSeq).toBe(2);
    expect(second.heard).toEqual(['ack 2', 'closed superseded']);
  });

  it('tells which attachment of a client there is', () => {
    const { attach, rivalOf } = gate();
    expect(rivalOf('a')).toBeUndefined();
    attach('a');
    const first = rivalOf('a');
    expect(first).toBeDefined();
    expect(rivalOf('b')).toBeUndefined();
    const second = attach('a');
    expect(rivalOf('a')).toBeDefined();
    expect(rivalOf('a')).not.toBe(first);
    second.detach();
    expect(rivalOf('a')).toBeUndefined();
  });

  it('refuses input of a viewer and consumes its number', () => {
    const { program, attach } = gate();
    for (const request of [{ mayDrive: false }, { wantsDrive: false }]) {
      const viewer = attach(`v${String(request.mayDrive)}`, request);
      expect(viewer.role).toBe(0);
      viewer.type(1);
      viewer.type(2);
      expect(viewer.heard).toEqual(['reject 1 forbidden', 'reject 2 forbidden']);
    }
    expect(program.applied).toEqual([]);
  });

  it('refuses what does not fit, consumes its number and goes on', () => {
    const { program, attach } = gate();
    program.room = 1;
    const a = attach('a');
    a.type(1);
    a.type(2);
    program.room = 9;
    a.type(3);
    expect(a.heard).toEqual(['ack 1', 'reject 2 input_full', 'ack 3']);
    expect(program.applied).toEqual(['a1', 'a3']);
  });

  it('neither takes nor refuses input of a run that is ending', () => {
    const { program, attach } = gate();
    const a = attach('a');
    program.takesInput = false;
    a.type(1);
    expect(a.heard).toEqual([]);
    expect(attach('a').lastInputSeq).toBe(0);
  });

  it('takes the size of drivers only', () => {
    const { program, attach } = gate();
    const driver = attach('a', { cols: 100, rows: 30 });
    const viewer = attach('b', { wantsDrive: false, cols: 50, rows: 20 });
    viewer.resize(51, 21);
    driver.resize(101, 31);
    expect(program.sizes).toEqual(['100x30', '101x31']);
  });

  it('forgets the client that left longest ago once there are too many, and never one that is attached', () => {
    const { attach } = gate();
    const stays = attach('stays');
    stays.type(1);
    const early = attach('early');
    early.type(1);
    early.detach();
    for (let i = 0; i < MAX_CLIENTS; i++) {
      const passing = attach(`c${i}`);
      passing.type(1);
      passing.detach();
    }
    expect(attach('early').lastInputSeq).toBe(0);
    expect(attach(`c${MAX_CLIENTS - 1}`).lastInputSeq).toBe(1);
    expect(attach('stays').lastInputSeq).toBe(1);
  });
});
