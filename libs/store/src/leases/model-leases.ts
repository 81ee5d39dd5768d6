import { type SessionId, type TenantId, idFromUuid, uuidFromId } from '@berth/protocol';
import { type SecretBox, secretHint } from '../secret-box.js';
import type { LeaseDatabase } from './lease-database.js';
import type { RecordedUsage, RunIdentity, SeedResult, StoredModelProvider } from './lease-types.js';

interface SettingsRow {
  provider: 'anthropic' | 'compatible' | 'scripted';
  source: 'member' | 'environment';
  base_url: string | null;
  secret_ciphertext: Buffer | null;
}

const COLUMNS = 'provider, source, base_url, secret_ciphertext';
/** Names of models come from outside, as answers name them. */
const MAX_MODEL_NAME = 200;

const plainName = (model: string): string => model.replaceAll(/\p{Cc}/gu, '').slice(0, MAX_MODEL_NAME) || 'unknown';

/** What the brokers of a host need: who answers model calls, and where to write down what they used. */
export class ModelLeases {
  constructor(
    private readonly database: LeaseDatabase,
    private readonly box: SecretBox,
  ) {}

  /** The tenant's own provider; undefined: the installation's default holds. Rejects with `conflict` when its secret cannot be read. */
  async modelProvider(tenantId: TenantId): Promise<StoredModelProvider | undefined> {
    const [row] = await this.database.rows<SettingsRow>({
      sql: `SELECT ${COLUMNS} FROM model_settings WHERE tenant_id = $1`,
      values: [uuidFromId(tenantId)],
      repeatable: true,
    });
    return row === undefined ? undefined : this.toProvider(tenantId, row);
  }

  /** Makes a key from the environment the first tenant's, in place of one that came from there before; a member's choice stands. */
  async seedModelKey(apiKey: string): Promise<SeedResult> {
    const [tenant] = await this.database.rows<Partial<SettingsRow> & { id: string }>({
      sql: `SELECT t.id, ${COLUMNS} FROM (SELECT id FROM tenants ORDER BY created_at, id LIMIT 1) t
            LEFT JOIN model_settings s ON s.tenant_id = t.id`,
      values: [],
      repeatable: true,
    });
    if (tenant === undefined) return 'no_tenant';
    const tenantId = idFromUuid('tenant', tenant.id);
    if (tenant.source === 'environment' && this.holds(tenantId, tenant.secret_ciphertext, apiKey)) return 'stored';
    const stored = await this.database.rows({
      sql: `INSERT INTO model_settings AS s (tenant_id, provider, source, secret_ciphertext, key_hint, updated_at)
            VALUES ($1, 'anthropic', 'environment', $2, $3, clock_timestamp())
            ON CONFLICT (tenant_id) DO UPDATE SET provider = 'anthropic', secret_ciphertext = $2, key_hint = $3, updated_at = clock_timestamp()
            WHERE s.source = 'environment'
            RETURNING s.tenant_id`,
      values: [tenant.id, Buffer.from(this.box.seal({ tenantId, baseUrl: null }, apiKey)), secretHint(apiKey)],
      repeatable: true,
    });
    return stored.length === 1 ? 'stored' : 'kept';
  }

  /**
   * Adds to what a run has used today (UTC, by the database's clock). Not fenced: what was used was used, whoever owns the session by now. When it
   * rejects, it may have been recorded all the same.
   */
  async recordUsage(run: RunIdentity, usage: readonly RecordedUsage[]): Promise<void> {
    if (usage.length === 0) return;
    const column = (name: Exclude<keyof RecordedUsage, 'model'>) => usage.map((each) => each[name]);
    await this.database.rows({
      sql: `INSERT INTO usage AS u (tenant_id, session_id, epoch, day, model, requests, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            SELECT $1, $2, $3, (clock_timestamp() AT TIME ZONE 'UTC')::date, model, sum(requests), sum(input), sum(output), sum(read), sum(write)
            FROM unnest($4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
              AS used (model, requests, input, output, read, write)
            GROUP BY model
            ON CONFLICT (tenant_id, session_id, epoch, day, model) DO UPDATE SET
              requests = u.requests + EXCLUDED.requests, input_tokens = u.input_tokens + EXCLUDED.input_tokens,
              output_tokens = u.output_tokens + EXCLUDED.output_tokens, cache_read_tokens = u.cache_read_tokens + EXCLUDED.cache_read_tokens,
              cache_write_tokens = u.cache_write_tokens + EXCLUDED.cache_write_tokens`,
      values: [
        ...[uuidFromId(run.tenantId), uuidFromId(run.sessionId), run.epoch, usage.map(({ model }) => plainName(model))],
        ...[column('requests'), column('inputTokens'), column('outputTokens'), column('cacheReadTokens'), column('cacheWriteTokens')],
      ],
      repeatable: false,
    });
  }

  /** Which of these sessions no tenant has any more. */
  async deletedSessions(ids: readonly SessionId[]): Promise<SessionId[]> {
    const rows = await this.database.rows<{ id: string }>({
      sql: `SELECT asked.id FROM unnest($1::uuid[]) AS asked (id) WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = asked.id)`,
      values: [ids.map((id) => uuidFromId(id))],
      repeatable: true,
    });
    return rows.map(({ id }) => idFromUuid('session', id));
  }

  private toProvider(tenantId: TenantId, { provider, base_url: baseUrl, secret_ciphertext: sealed }: SettingsRow): StoredModelProvider {
    if (provider === 'scripted') return { provider };
    if (sealed === null) throw new Error('model settings without their secret');
    const secret = this.box.open({ tenantId, baseUrl }, sealed);
    if (provider === 'anthropic') return { provider, apiKey: secret };
    if (baseUrl === null) throw new Error('a compatible model provider without its address');
    return { provider, baseUrl, token: secret };
  }

  /** Whether that is the stored key already: then nothing is written, and its date stays. */
  private holds(tenantId: TenantId, sealed: Buffer | null | undefined, apiKey: string): boolean {
    try {
      return sealed !== null && sealed !== undefined && this.box.open({ tenantId, baseUrl: null }, sealed) === apiKey;
    } catch {
      // Sealed under another BERTH_SECRET: the new one replaces it.
      return false;
    }
  }
}
