import { describe, expect, it } from 'vitest';
import { statusOf } from './status-words.js';

const attached = { phase: 'attached' } as const;

describe('statusOf', () => {
  it('says what stands in the way, the nearest first', () => {
    expect(statusOf({ phase: 'connecting' }, undefined)).toMatchObject({ tone: 'waiting' });
    expect(statusOf({ phase: 'retrying', inMs: 1, code: 1006 }, { epoch: 1, state: 'running' })).toMatchObject({ tone: 'bad' });
    expect(statusOf({ phase: 'attaching' }, { epoch: 0, state: 'queued' })).toMatchObject({ text: 'Waiting for a host' });
    expect(statusOf(attached, { epoch: 1, state: 'running' })).toEqual({ text: 'Connected', tone: 'good' });
    expect(statusOf(attached, { epoch: 1, state: 'running', unreachable: true })).toEqual({ text: 'Host unreachable', tone: 'bad' });
  });

  it('offers to wake what can be woken, and only that', () => {
    expect(statusOf(attached, { epoch: 1, state: 'closed', closeReason: 'host_lost' })).toEqual({
      text: 'Suspended: its host was lost',
      tone: 'over',
      wake: true,
    });
    expect(statusOf({ phase: 'ended', code: 1000 }, { epoch: 1, state: 'closed', closeReason: 'exited', exitCode: 2 })).toEqual({
      text: 'Ended: the program ended (exit code 2)',
      tone: 'over',
    });
  });

  it('offers a new connection where another one took over', () => {
    expect(statusOf({ phase: 'ended', code: 4409, error: 'superseded' }, undefined)).toMatchObject({ reconnect: 'Take over' });
    expect(statusOf({ phase: 'ended', code: 4404, error: 'not_found' }, undefined).reconnect).toBeUndefined();
    expect(statusOf({ phase: 'ended', code: 4500, error: 'internal' }, undefined).reconnect).toBeDefined();
  });
});
