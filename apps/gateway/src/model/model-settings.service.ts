import { Bus } from '@berth/bus';
import type { ModelSettings, ModelSettingsInput, UsageQuery, UsageRow } from '@berth/protocol';
import { redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import { ControlSockets } from '../control/control-sockets.js';
import type { TenantScope } from '../edge/scope.js';
import { requireAdmin } from '../members/authority.js';
import { requireUsableBaseUrl } from './base-url-rule.js';

/** Who answers the model calls of a tenant, and what they have used. Everybody in it may read; secrets go in and never come out. */
@Injectable()
export class ModelSettingsService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly sockets: ControlSockets,
  ) {}

  get({ tenantId }: TenantScope): Promise<ModelSettings> {
    return this.store.withTenant(tenantId, ({ modelSettings }) => modelSettings.get());
  }

  /** Holds for running sessions too: their brokers hear the bell, or read again within seconds. */
  async set(scope: TenantScope, input: ModelSettingsInput): Promise<ModelSettings> {
    requireAdmin(scope);
    if (input.provider === 'compatible') requireUsableBaseUrl(input.baseUrl);
    const settings = await this.store.withTenant(scope.tenantId, ({ modelSettings }) => modelSettings.set(scope.userId, input));
    this.announce(scope);
    return settings;
  }

  async clear(scope: TenantScope): Promise<ModelSettings> {
    requireAdmin(scope);
    const settings = await this.store.withTenant(scope.tenantId, ({ modelSettings }) => modelSettings.clear());
    this.announce(scope);
    return settings;
  }

  async usage({ tenantId }: TenantScope, period: UsageQuery): Promise<{ items: UsageRow[]; nextCursor: null }> {
    return { items: await this.store.withTenant(tenantId, ({ usage }) => usage.list(period)), nextCursor: null };
  }

  /** Every session of the tenant shows who answers it. */
  private announce({ tenantId }: TenantScope): void {
    void this.bus.ring(redisChannels.model(tenantId));
    void this.bus.ring(redisChannels.tenant(tenantId));
    this.sockets.notify(tenantId, { level: 'info', text: 'The model settings were changed.', subject: 'model-settings' });
  }
}
