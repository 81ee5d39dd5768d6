import { idFromUuid } from '@berth/protocol';
import { settle } from '@berth/testing';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TenantTurns } from './tenant-turns.js';

const [A, B] = [idFromUuid('tenant', randomUUID()), idFromUuid('tenant', randomUUID())];

/** Work that ends when it is told to, and the order in which it began. */
function bench() {
  const turns = new TenantTurns({ atOnce: 3, atOnceOfTenant: 2, pendingOfTenant: 4 });
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const take = (tenantId: typeof A, name: string, signal = new AbortController().signal) => {
    const taken = turns.take(tenantId, signal, () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve(name))));
    });
    taken.catch(() => undefined);
    return taken;
  };
  return { take, begun, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

describe('TenantTurns', () => {
  it('runs a few at once, fewer of one tenant, and lets another one pass', async () => {
    const { take, begun, end } = bench();
    const first = take(A, 'a1');
    for (const name of ['a2', 'a3', 'a4']) void take(A, name);
    void take(B, 'b1');
    void take(B, 'b2');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    end('a1');
    expect(await first).toBe('a1');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    end('b1', new Error('it failed'));
    await settle();
    expect(begun.at(-1)).toBe('b2');
  });

  it('refuses what is too much of one tenant, and takes more when some is done', async () => {
    const { take, begun, end } = bench();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void take(A, name);
    await expect(take(A, 'a5')).rejects.toMatchObject({ code: 'rate_limited', details: { retryAfter: 1 } });
    end('a1');
    await settle();
    void take(A, 'a6');
    end('a2');
    end('a3');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4', 'a6']);
  });

  it('forgets who does not wait any longer', async () => {
    const { take, begun, end } = bench();
    void take(A, 'a1');
    void take(A, 'a2');
    const stop = new AbortController();
    const late = take(A, 'a3', stop.signal);
    void take(A, 'a4');
    stop.abort(new Error('too late'));
    await expect(late).rejects.toThrow('too late');
    await expect(take(A, 'a5', stop.signal)).rejects.toThrow('too late');
    end('a1');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'a4']);
  });
});
