import type { ConnectionState } from '@berth/client';
import type { RunUpdate } from '@berth/protocol';
import { CloseReason } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { statusOf as statusOfState } from './status-words.js';

const attached = { phase: 'attached' } as const;
const statusOf = (connection: ConnectionState, run: RunUpdate | undefined, broken = connection.phase === 'retrying') =>
  statusOfState({ connection, run, broken });

describe('statusOf', () => {
  it('says what stands in the way, the nearest first', () => {
    expect(statusOf({ phase: 'connecting' }, undefined)).toEqual({ text: 'Connecting', tone: 'wait' });
    const retrying = statusOf({ phase: 'retrying', inMs: 1, code: 1006 }, { epoch: 1, state: 'running', unreachable: true });
    expect(retrying).toMatchObject({ text: 'Reconnecting', tone: 'bad' });
    expect(retrying.detail).toContain('what you type is kept');
    // Each further try is still the same break.
    expect(statusOf({ phase: 'connecting' }, { epoch: 1, state: 'running' }, true)).toEqual(retrying);
    expect(statusOf({ phase: 'attaching' }, { epoch: 0, state: 'queued' })).toMatchObject({ text: 'Queued', tone: 'wait' });
    expect(statusOf({ phase: 'attaching' }, { epoch: 1, state: 'starting' })).toMatchObject({ text: 'Starting' });
    expect(statusOf({ phase: 'attaching' }, undefined)).toMatchObject({ text: 'Connecting' });
    expect(statusOf(attached, { epoch: 1, state: 'running' })).toEqual({ text: 'Connected', tone: 'good' });
    const unreachable = statusOf(attached, { epoch: 1, state: 'running', unreachable: true });
    expect(unreachable).toMatchObject({ text: 'Host unreachable', tone: 'bad' });
    expect(unreachable.detail).toContain('kept until then');
  });

  it('offers to wake what can be woken, and only that', () => {
    expect(statusOf(attached, { epoch: 1, state: 'closed', closeReason: 'host_lost' })).toEqual({
      text: 'Suspended',
      tone: 'calm',
      detail: 'Its host was lost. Wake it to go on; what is shown stays.',
      action: { kind: 'wake', label: 'Wake' },
    });
    const exited = statusOf({ phase: 'ended', code: 1000 }, { epoch: 1, state: 'closed', closeReason: 'exited', exitCode: 2 });
    expect(exited).toMatchObject({ text: 'Closed', action: { kind: 'leave' } });
    expect(exited.detail).toContain('The program ended (exit code 2).');
    for (const closeReason of CloseReason.options) {
      const { action, detail } = statusOf(attached, { epoch: 1, state: 'closed', closeReason });
      expect(action?.kind).toBe(['exited', 'cancelled', 'start_failed'].includes(closeReason) ? 'leave' : 'wake');
      expect(detail).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('says what to do where the connection ended for good', () => {
    expect(statusOf({ phase: 'ended', code: 4409, error: 'superseded' }, undefined).action).toEqual({
      kind: 'connect',
      label: 'Continue here',
    });
    expect(statusOf({ phase: 'ended', code: 4404, error: 'not_found' }, undefined).action?.kind).toBe('leave');
    expect(statusOf({ phase: 'ended', code: 4403, error: 'forbidden' }, undefined)).toMatchObject({ text: 'No access' });
    expect(statusOf({ phase: 'ended', code: 4401, error: 'unauthenticated' }, undefined)).toMatchObject({ text: 'Signed out' });
    expect(statusOf({ phase: 'ended', code: 4500, error: 'internal' }, undefined).action?.kind).toBe('connect');
  });
});
