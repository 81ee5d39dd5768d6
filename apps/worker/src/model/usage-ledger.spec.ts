import { AppError, idFromUuid } from '@berth/protocol';
import type { ModelUsage } from '@berth/protocol';
import type { RunIdentity } from '@berth/store/leases';
import { FakeClock } from '@berth/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { UsageLedger } from './usage-ledger.js';

const tenantId = idFromUuid('tenant', '019ace5e-0000-7000-8000-000000000001');
const run = (epoch: number): RunIdentity => ({ tenantId, sessionId: idFromUuid('session', '019ace5e-0000-7000-8000-000000000002'), epoch });
const used = (model: string, inputTokens = 1): ModelUsage => ({
  model,
  inputTokens,
  outputTokens: 2,
  cacheReadTokens: 3,
  cacheWriteTokens: 4,
});

type Recorded = Parameters<ConstructorParameters<typeof UsageLedger>[0]['leases']['recordUsage']>;

function ledger() {
  const recorded: Recorded[] = [];
  const store = { failure: undefined as Error | undefined };
  const made = new UsageLedger({
    clock: new FakeClock(),
    logger: pino({ enabled: false }),
    leases: {
      recordUsage: async (...call) => {
        await Promise.resolve();
        if (store.failure) throw store.failure;
        recorded.push(call);
      },
    },
  });
  return { made, recorded, store };
}

describe('UsageLedger', () => {
  it('writes one sum a run and model', async () => {
    const { made, recorded } = ledger();
    made.add(run(1), used('a', 10));
    made.add(run(1), used('a', 5));
    made.add(run(1), used('b'));
    made.add(run(2), used('a'));
    await made.close();
    expect(recorded).toEqual([
      [
        run(1),
        [
          { model: 'a', requests: 2, inputTokens: 15, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 8 },
          { ...used('b'), requests: 1 },
        ],
      ],
      [run(2), [{ ...used('a'), requests: 1 }]],
    ]);
    await made.close();
    expect(recorded).toHaveLength(2);
  });

  it('keeps what a store that is away did not take, adds to it, and writes it once', async () => {
    const { made, recorded, store } = ledger();
    store.failure = new AppError('unavailable');
    made.add(run(1), used('a', 10));
    await made.close();
    made.add(run(1), used('a', 1));
    store.failure = undefined;
    await made.close();
    expect(recorded).toMatchObject([[run(1), [{ model: 'a', requests: 2, inputTokens: 11 }]]]);
  });

  it('drops what the store refuses, and only that', async () => {
    const { made, recorded, store } = ledger();
    store.failure = new Error('no such column');
    made.add(run(1), used('a'));
    await made.close();
    store.failure = undefined;
    made.add(run(2), used('a'));
    await made.close();
    expect(recorded).toMatchObject([[run(2), [{ requests: 1 }]]]);
  });

  it('stays bounded: models beyond some are added up as others, runs beyond many are not counted', async () => {
    const { made, recorded } = ledger();
    for (let i = 0; i < 100; i++) made.add(run(1), used(`model-${String(i)}`));
    for (let i = 2; i < 10_100; i++) made.add(run(i), used('a'));
    await made.close();
    const counts = recorded[0]?.[1] ?? [];
    expect(counts).toHaveLength(32);
    expect(counts.at(-1)).toMatchObject({ model: 'other', requests: 69 });
    expect(recorded).toHaveLength(10_000);
  });
});
