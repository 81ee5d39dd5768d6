import { AppError, idFromUuid, redisChannels } from '@berth/protocol';
import type { StoredModelProvider } from '@berth/store/leases';
import { FakeClock } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ModelProviders } from './model-providers.js';

const tenant = idFromUuid('tenant', '019ace5e-0000-7000-8000-000000000001');
const other = idFromUuid('tenant', '019ace5e-0000-7000-8000-000000000002');
const key = (apiKey: string): StoredModelProvider => ({ provider: 'anthropic', apiKey });

/** A store of settings with a bell, and how often it was asked. */
class Settings {
  readonly clock = new FakeClock();
  readonly stored = new Map<string, StoredModelProvider>();
  readonly listeners = new Map<string, () => void>();
  failure: Error | undefined;
  asked = 0;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly providers: ModelProviders;

  constructor(fallback: 'scripted' | 'none' = 'none') {
    this.providers = new ModelProviders({
      clock: this.clock,
      fallback,
      anthropicBaseUrl: 'https://api.example',
      scriptedUrl: () => Promise.resolve('http://127.0.0.1:1'),
      read: async (id) => {
        this.asked += 1;
        const answer = this.stored.get(id);
        await this.gate;
        if (this.failure) throw this.failure;
        return answer;
      },
      listen: (channel, listener) => {
        this.listeners.set(channel, listener);
        return () => this.listeners.delete(channel);
      },
    });
  }

  ring(): void {
    this.listeners.get(redisChannels.model(tenant))?.();
  }

  async secret(id = tenant): Promise<string | undefined> {
    const upstream = await this.providers.upstreamOf(id);
    return upstream.kind === 'none' ? undefined : upstream.credential?.secret;
  }
}

let settings: Settings;
beforeEach(() => {
  settings = new Settings();
});

describe('ModelProviders', () => {
  it('tells where each kind of provider is and how it wants to be asked', async () => {
    const { providers, stored } = settings;
    stored.set(tenant, key('a-key'));
    expect(await providers.upstreamOf(tenant)).toEqual({
      kind: 'anthropic',
      baseUrl: 'https://api.example',
      credential: { scheme: 'x-api-key', secret: 'a-key' },
    });
    stored.set(tenant, { provider: 'compatible', baseUrl: 'http://elsewhere/v', token: 'a-token' });
    expect(await providers.upstreamOf(tenant)).toEqual({
      kind: 'compatible',
      baseUrl: 'http://elsewhere/v',
      credential: { scheme: 'bearer', secret: 'a-token' },
    });
    stored.set(tenant, { provider: 'scripted' });
    expect(await providers.upstreamOf(tenant)).toEqual({ kind: 'scripted', baseUrl: 'http://127.0.0.1:1' });
  });

  it('falls back to what the installation says, for tenants that have chosen nothing', async () => {
    expect(await settings.providers.upstreamOf(tenant)).toEqual({ kind: 'none' });
    expect(await new Settings('scripted').providers.upstreamOf(tenant)).toMatchObject({ kind: 'scripted' });
    const chosen = new Settings('scripted');
    chosen.stored.set(tenant, key('a-key'));
    expect(await chosen.providers.upstreamOf(tenant)).toMatchObject({ kind: 'anthropic' });
  });

  it('asks once in a while, and at once after the bell', async () => {
    settings.providers.use(tenant);
    settings.stored.set(tenant, key('first'));
    expect([await settings.secret(), await settings.secret()]).toEqual(['first', 'first']);
    expect(settings.asked).toBe(1);
    settings.stored.set(tenant, key('second'));
    settings.clock.sleep(4_999);
    expect(await settings.secret()).toBe('first');
    settings.clock.sleep(1);
    expect(await settings.secret()).toBe('second');
    settings.stored.set(tenant, key('third'));
    settings.ring();
    expect(await settings.secret()).toBe('third');
  });

  it('does not keep an answer that was asked for before the bell', async () => {
    settings.providers.use(tenant);
    settings.stored.set(tenant, key('old'));
    let open = (): void => undefined;
    settings.gate = new Promise((resolve) => (open = resolve));
    const early = settings.secret();
    settings.stored.set(tenant, key('new'));
    settings.ring();
    open();
    await early;
    expect(await settings.secret()).toBe('new');
  });

  it('goes on with what it knows while the store is away, and only then', async () => {
    settings.providers.use(tenant);
    settings.stored.set(tenant, key('known'));
    await settings.secret();
    settings.clock.sleep(60_000);
    settings.failure = new AppError('unavailable');
    expect(await settings.secret()).toBe('known');
    await expect(settings.secret(other)).rejects.toThrow(AppError);
    settings.failure = new AppError('conflict');
    await expect(settings.secret()).rejects.toThrow(AppError);
  });

  it('forgets a tenant with its last session here', async () => {
    settings.stored.set(tenant, key('a-key'));
    const [first, second] = [settings.providers.use(tenant), settings.providers.use(tenant)];
    await settings.secret();
    first();
    first();
    await settings.secret();
    expect(settings.asked).toBe(1);
    second();
    expect(settings.listeners.size).toBe(0);
    await settings.secret();
    await settings.secret();
    expect(settings.asked).toBe(3);
  });
});
