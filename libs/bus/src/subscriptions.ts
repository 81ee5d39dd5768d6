import { Bell } from '@berth/protocol';
import type { Redis } from 'ioredis';

/** Called when something changed; what exactly is to be read again. An empty bell: rings may have been missed. */
export type BellListener = (bell: Bell) => void;

/** A subscription that went silent is found within twice this time, by a ping that is not answered. */
const HEARTBEAT_MS = 5_000;

/** Whatever arrives rings: another version's bell may hold more than we know. */
function parseBell(message: string): Bell {
  try {
    return Bell.parse(JSON.parse(message));
  } catch {
    return {};
  }
}

/** Listeners of channels over one subscribing connection. */
export class Subscriptions {
  private readonly listeners = new Map<string, Set<BellListener>>();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly redis: Redis,
    private readonly onError: (error: Error) => void,
  ) {
    redis.on('message', (channel: string, message: string) => this.deliver(channel, parseBell(message)));
    redis.on('ready', () => void this.subscribe([...this.listeners.keys()]));
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  add(channel: string, listener: BellListener): () => void {
    const there = this.listeners.get(channel);
    const listeners = there ?? new Set();
    listeners.add(listener);
    this.listeners.set(channel, listeners);
    // A first listener hears of its subscription by the ring that follows it; a later one may have been told already.
    if (there === undefined) void this.subscribe([channel]);
    else queueMicrotask(() => this.ring(listener, {}, channel));
    return () => this.remove(channel, listener);
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.listeners.clear();
    this.redis.disconnect();
  }

  private remove(channel: string, listener: BellListener): void {
    const listeners = this.listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.listeners.delete(channel);
    if (this.redis.status === 'ready') this.redis.unsubscribe(channel).catch(this.onError);
  }

  /** Subscribes, then rings: whatever was missed before is read now. While Redis is away, `ready` brings us here again. */
  private async subscribe(channels: string[]): Promise<void> {
    if (channels.length === 0 || this.redis.status !== 'ready') return;
    try {
      await this.redis.subscribe(...channels);
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
      this.redis.disconnect(true);
      return;
    }
    for (const channel of channels) this.deliver(channel, {});
  }

  /** Calls the listeners of this process. */
  deliver(channel: string, bell: Bell): void {
    for (const listener of [...(this.listeners.get(channel) ?? [])]) this.ring(listener, bell, channel);
  }

  private ring(listener: BellListener, bell: Bell, channel: string): void {
    if (this.listeners.get(channel)?.has(listener)) listener(bell);
  }

  private async beat(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    try {
      await this.redis.ping();
    } catch {
      this.redis.disconnect(true);
    }
  }
}
