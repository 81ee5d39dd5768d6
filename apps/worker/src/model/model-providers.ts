import type { Upstream } from '@berth/broker';
import { AppError, redisChannels } from '@berth/protocol';
import type { TenantId } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { StoredModelProvider } from '@berth/store/leases';

/** A lost bell costs this long at most before a changed provider is used. */
const FRESH_MS = 5_000;

export interface ModelProvidersOptions {
  clock: Clock;
  /** What a tenant's members have chosen; undefined: nothing. */
  read(tenantId: TenantId): Promise<StoredModelProvider | undefined>;
  /** Calls back when something on the channel may have changed; answers how to stop. */
  listen(channel: string, listener: () => void): () => void;
  /** Who answers tenants that have chosen nothing. */
  fallback: 'scripted' | 'none';
  /** Where calls go that carry an Anthropic key. */
  anthropicBaseUrl: string;
  /** Address of the scripted model, which is started when it is first needed. */
  scriptedUrl(): Promise<string>;
}

interface Known {
  /** Monotonic milliseconds at which it was asked for; undefined: it has changed since. */
  asOf: number | undefined;
  provider: StoredModelProvider | undefined;
}

/** Who answers each tenant's model calls now. Secrets stay in memory, for as long as the tenant has sessions here. */
export class ModelProviders {
  private readonly known = new Map<TenantId, Known>();
  private readonly reading = new Map<TenantId, Promise<Known>>();
  private readonly bells = new Map<TenantId, { sessions: number; stop(): void }>();

  constructor(private readonly options: ModelProvidersOptions) {}

  /** A session of the tenant runs here from now on; the returned function ends that. With the last one the tenant's secrets are forgotten. */
  use(tenantId: TenantId): () => void {
    const bell = this.bells.get(tenantId) ?? {
      sessions: 0,
      stop: this.options.listen(redisChannels.model(tenantId), () => this.changed(tenantId)),
    };
    bell.sessions += 1;
    this.bells.set(tenantId, bell);
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      bell.sessions -= 1;
      if (bell.sessions > 0) return;
      bell.stop();
      this.bells.delete(tenantId);
      this.known.delete(tenantId);
    };
  }

  /** Who answers now, with what it takes to ask. What is known stays true while the store is away; rejects when nothing is known, or can be read. */
  async upstreamOf(tenantId: TenantId): Promise<Upstream> {
    const provider = (await this.current(tenantId)).provider ?? { provider: this.options.fallback };
    switch (provider.provider) {
      case 'anthropic':
        return {
          kind: 'anthropic',
          baseUrl: this.options.anthropicBaseUrl,
          credential: { scheme: 'x-api-key', secret: provider.apiKey },
        };
      case 'compatible':
        return { kind: 'compatible', baseUrl: provider.baseUrl, credential: { scheme: 'bearer', secret: provider.token } };
      case 'scripted':
        return { kind: 'scripted', baseUrl: await this.options.scriptedUrl() };
      case 'none':
        return { kind: 'none' };
    }
  }

  private changed(tenantId: TenantId): void {
    const known = this.known.get(tenantId);
    if (known) known.asOf = undefined;
    // An answer that is on its way may be from before the change.
    this.reading.delete(tenantId);
  }

  private async current(tenantId: TenantId): Promise<Known> {
    const known = this.known.get(tenantId);
    if (known?.asOf !== undefined && this.options.clock.now() - known.asOf < FRESH_MS) return known;
    try {
      return await (this.reading.get(tenantId) ?? this.read(tenantId));
    } catch (error) {
      if (known && error instanceof AppError && error.code === 'unavailable') return known;
      throw error;
    }
  }

  private read(tenantId: TenantId): Promise<Known> {
    const asOf = this.options.clock.now();
    const reading = this.options
      .read(tenantId)
      .then((provider) => {
        const known = { asOf, provider };
        if (this.reading.get(tenantId) === reading && this.bells.has(tenantId)) this.known.set(tenantId, known);
        return known;
      })
      .finally(() => {
        if (this.reading.get(tenantId) === reading) this.reading.delete(tenantId);
      });
    this.reading.set(tenantId, reading);
    return reading;
  }
}
