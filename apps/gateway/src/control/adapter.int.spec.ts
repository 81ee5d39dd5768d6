import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus } from '@berth/bus';
import { waitFor } from '@berth/testing';
import { Server } from 'socket.io';
import { expect, it } from 'vitest';

const redisUrl = process.env['BERTH_TEST_REDIS_URL'] ?? '';

function member(url = redisUrl) {
  const bus = openBus({ redisUrl: url });
  const adapter = bus.controlAdapter();
  const io = new Server(createServer(), { adapter: adapter.create });
  const close = async (): Promise<void> => {
    await io.close();
    adapter.close();
    bus.close();
  };
  return { bus, io, close };
}

it('carries over streams and subscriptions of this Redis client', async () => {
  const [one, two] = [member(), member()];
  await Promise.all([one.bus.assertNoEviction(), two.bus.assertNoEviction()]);
  const heard: unknown[] = [];
  two.io.on('hello' as never, ((...args: unknown[]) => heard.push(args)) as never);
  const joined: unknown[] = [];
  const adapter = two.io.of('/').adapter as unknown as { addSockets(...args: unknown[]): void; onMessage(message: { type: number }): void };
  const { onMessage } = adapter;
  adapter.onMessage = function (message) {
    joined.push(message.type);
    onMessage.call(this, message);
  };
  // Subscriptions and the stream's readers stand a moment after their connections.
  await waitFor(() => {
    one.io.serverSideEmit('hello', 'there');
    return heard.length > 0;
  });
  expect(heard[0]).toEqual(['there']);
  joined.length = 0;
  one.io.to('a room').emit('notice', 'x');
  await waitFor(() => joined.length > 0);
  expect(await one.io.fetchSockets()).toEqual([]);
  await Promise.all([one.close(), two.close()]);
});

it('leaves the event loop free while Redis is away, and ends when it is told to', async () => {
  const away = member('redis://127.0.0.1:1');
  await sleep(200);
  const before = performance.eventLoopUtilization();
  away.io.emit('notice', 'lost');
  await sleep(1_500);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  await away.close();
});
