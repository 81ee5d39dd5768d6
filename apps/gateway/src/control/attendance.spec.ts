import type { Bus } from '@berth/bus';
import { PRESENCE_REFRESH_MS } from '@berth/bus';
import type { Viewer } from '@berth/protocol';
import { ROLE, idFromUuid } from '@berth/protocol';
import type { Store } from '@berth/store';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Attendance } from './attendance.js';

const uuid = (n: number): string => `019ace5e-0000-7000-8000-${String(n).padStart(12, '0')}`;
const session = { tenantId: idFromUuid('tenant', uuid(1)), sessionId: idFromUuid('session', uuid(2)) };
const userId = idFromUuid('user', uuid(3));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('goes on saying who is here while Postgres does not answer', async () => {
  let answers = true;
  const said: Viewer[][] = [];
  const store = {
    withTenant: () => (answers ? Promise.resolve([{ user: { id: userId, name: 'A member' } }]) : new Promise(() => undefined)),
  } as unknown as Store;
  const bus = {
    ring: () => Promise.resolve(true),
    presence: { update: (_: unknown, { here = [] }: { here?: Viewer[] }) => Promise.resolve(void said.push(here)) },
  } as unknown as Bus;
  const attendance = new Attendance(store, bus, pino({ enabled: false }));
  attendance.attend(session, userId)(ROLE.viewer);
  await vi.advanceTimersByTimeAsync(0);
  expect(said.flat()).toMatchObject([{ name: 'A member' }]);
  answers = false;
  await vi.advanceTimersByTimeAsync(4 * PRESENCE_REFRESH_MS);
  expect(said.length).toBe(1 + 4);
  attendance.onApplicationShutdown();
});
