import { spawn } from '@lydell/node-pty';
import type { IPty } from '@lydell/node-pty';
import { Redis } from 'ioredis';
import { asTyped } from './as-typed.js';

/** Reference: the terminals of `pubsub-gateway`. */
const url = process.env['BENCH_REDIS_URL'] ?? '';
const [publisher, subscriber] = [new Redis(url), new Redis(url)];
const terminals = new Map<string, IPty>();

async function open({ id, argv: [file = 'sh', ...args] }: { id: string; argv: string[] }): Promise<void> {
  await subscriber.subscribe(`in:${id}`);
  const pty = spawn(file, args, { name: 'xterm-256color', cols: 80, rows: 24, encoding: null });
  pty.onData((data: unknown) => void publisher.publish(`out:${id}`, data as Buffer));
  terminals.set(`in:${id}`, pty);
}

subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => {
  const name = channel.toString();
  if (name === 'open') void open(JSON.parse(bytes.toString()) as { id: string; argv: string[] });
  else if (name === 'end') terminals.get(`in:${bytes.toString()}`)?.kill('SIGKILL');
  else terminals.get(name)?.write(asTyped(bytes));
});
await subscriber.subscribe('open', 'end');
process.send?.({ port: 0 });
