import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SaidBudgets } from './said-budgets.js';
import { logLab } from './testing/log-lab.js';
import { ready } from './testing/test-redis.js';

const lab = logLab();
const SECOND = 1_000;

/** A host with so many runs, a clock of its own, and what Redis has of its words; null: nothing. */
function host(runs: number) {
  const time = { now: 0 };
  const said = new SaidBudgets(lab.redis, () => time.now);
  const keys = Array.from({ length: runs }, () => `test:budget:${randomUUID()}`);
  return {
    time,
    keys,
    say: (bytes: number) => said.say(keys.map((key) => ({ key, bytes }))),
    heard: () => lab.redis.mget(keys),
    lose: () => lab.redis.del(keys),
  };
}

const all = (keys: readonly string[], bytes: number | null) => keys.map(() => (bytes === null ? null : String(bytes)));

describe('what a host says of its budgets', () => {
  it('is said at once for as many runs as there are, and runs out', async () => {
    const { keys, say, heard } = host(250);
    await say(1_000);
    expect(await heard()).toEqual(all(keys, 1_000));
    expect(await lab.redis.ttl(keys[0] ?? '')).toBeGreaterThan(50);
    await say(2_000);
    expect(await heard()).toEqual(all(keys, 2_000));
  });

  it('is said again when it has not changed, but not every time', async () => {
    const { time, keys, say, heard, lose } = host(3);
    await say(1_000);
    await lose();
    time.now += 19 * SECOND;
    await say(1_000);
    expect(await heard()).toEqual(all(keys, null));
    time.now += SECOND;
    await say(1_000);
    expect(await heard()).toEqual(all(keys, 1_000));
  });

  it('is said again at the next round when Redis was away, and may have lost it', async () => {
    const redis = lab.redis.duplicate();
    const key = `test:budget:${randomUUID()}`;
    await ready(redis);
    const said = new SaidBudgets(redis, () => 0);
    await said.say([{ key, bytes: 1_000 }]);
    await redis.del(key);
    redis.disconnect(true);
    await once(redis, 'close');
    await expect(said.say([{ key, bytes: 2_000 }])).rejects.toThrow();
    await ready(redis);
    await said.say([{ key, bytes: 1_000 }]);
    expect(await redis.get(key)).toBe('1000');
    redis.disconnect();
  });

  it('is all said again when Redis took a part of it alone', async () => {
    const [heard, refused] = [`test:heard:${randomUUID()}`, `test:refused:${randomUUID()}`];
    const user = `budgets-${randomUUID()}`;
    await lab.redis.acl('SETUSER', user, 'on', 'nopass', '~test:heard:*', '+@all');
    const redis = lab.redis.duplicate({ username: user, password: 'any' });
    await ready(redis);
    const said = new SaidBudgets(redis, () => 0);
    await said.say([{ key: heard, bytes: 1_000 }]);
    await expect(
      said.say([
        { key: heard, bytes: 2_000 },
        { key: refused, bytes: 2_000 },
      ]),
    ).rejects.toThrow('NOPERM');
    expect(await redis.get(heard)).toBe('2000');
    await said.say([{ key: heard, bytes: 1_000 }]);
    expect(await redis.get(heard)).toBe('1000');
    redis.disconnect();
    await lab.redis.acl('DELUSER', user);
  });
});
