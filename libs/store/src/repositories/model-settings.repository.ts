import { ModelProvider, type ModelSettings, type ModelSettingsInput, type UserId, uuidFromId } from '@berth/protocol';
import { secretHint } from '../secret-box.js';
import type { Transaction } from '../transactor.js';
import type { TenantFacts } from './tenant-repositories.js';

interface SettingsRow {
  provider: string;
  source: string;
  base_url: string | null;
  key_hint: string | null;
  updated_at: Date;
  updated_by_name: string | null;
}

interface Choice {
  provider: ModelSettingsInput['provider'];
  baseUrl: string | null;
  secret: string | null;
}

function choiceOf(input: ModelSettingsInput): Choice {
  switch (input.provider) {
    case 'anthropic':
      return { provider: 'anthropic', baseUrl: null, secret: input.apiKey };
    case 'compatible':
      return { provider: 'compatible', baseUrl: input.baseUrl, secret: input.token };
    case 'scripted':
      return { provider: 'scripted', baseUrl: null, secret: null };
  }
}

/** Who answers the model calls of one tenant. Secrets are sealed on their way in; the role of requests cannot read them back. */
export class ModelSettingsRepository {
  constructor(
    private readonly facts: TenantFacts,
    private readonly tx: Transaction,
  ) {}

  async get(): Promise<ModelSettings> {
    const [row] = await this.tx.$queryRaw<SettingsRow[]>`
      SELECT s.provider, s.source, s.base_url, s.key_hint, s.updated_at, coalesce(m.name, u.name) AS updated_by_name
      FROM model_settings s
      LEFT JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.updated_by
      LEFT JOIN users u ON u.id = m.user_id`;
    if (row === undefined) {
      const provider = this.facts.defaultModelProvider;
      return { provider, source: 'installation', baseUrl: null, keyHint: null, updatedAt: null, updatedBy: null };
    }
    return {
      provider: ModelProvider.parse(row.provider),
      source: row.source === 'member' ? 'member' : 'installation',
      baseUrl: row.base_url,
      keyHint: row.key_hint,
      updatedAt: row.updated_at.toISOString(),
      updatedBy: row.updated_by_name,
    };
  }

  /** A member's choice, which replaces whatever was chosen before. */
  async set(userId: UserId, input: ModelSettingsInput): Promise<ModelSettings> {
    const { provider, baseUrl, secret } = choiceOf(input);
    const { tenantId, box } = this.facts;
    const sealed = secret === null ? null : box.seal({ tenantId, baseUrl }, secret);
    const hint = secret === null ? null : secretHint(secret);
    const member = uuidFromId(userId);
    // The values stand here twice: taking them from EXCLUDED would need the right to read the sealed secret.
    await this.tx.$executeRaw`
      INSERT INTO model_settings (tenant_id, provider, source, base_url, secret_ciphertext, key_hint, updated_at, updated_by)
      VALUES (${uuidFromId(tenantId)}::uuid, ${provider}, 'member', ${baseUrl}, ${sealed}, ${hint}, clock_timestamp(), ${member}::uuid)
      ON CONFLICT (tenant_id) DO UPDATE SET provider = ${provider}, source = 'member', base_url = ${baseUrl}, secret_ciphertext = ${sealed},
        key_hint = ${hint}, updated_at = clock_timestamp(), updated_by = ${member}::uuid`;
    return this.get();
  }

  /** Forgets the tenant's choice and its secret. */
  async clear(): Promise<ModelSettings> {
    await this.tx.$executeRaw`DELETE FROM model_settings WHERE tenant_id = ${uuidFromId(this.facts.tenantId)}::uuid`;
    return this.get();
  }
}
