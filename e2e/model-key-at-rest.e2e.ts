import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSettings } from '@berth/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, workers: 0 });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

/** Everything in every column of every table, as a dump would have it: text as it is, bytes in every way in which they are written down. */
async function dump(): Promise<string> {
  const columns = await cluster.database.query<{ table: string; column: string; type: string }>(
    `SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns c
     JOIN information_schema.tables USING (table_schema, table_name) WHERE c.table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const cells: string[] = [];
  for (const { table, column, type } of columns) {
    const forms = type === 'bytea' ? ['hex', 'escape', 'base64'].map((form) => `encode("${column}", '${form}')`) : [`"${column}"::text`];
    for (const form of forms) {
      const rows = await cluster.database.query<{ cell: string | null }>(`SELECT ${form} AS cell FROM "${table}"`);
      cells.push(...rows.map(({ cell }) => `${table}.${column}: ${cell?.replaceAll('\n', '') ?? ''}`));
    }
  }
  return cells.join('\n');
}

/** The ways in which a secret could stand in a dump. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  // Whatever stands before it: three of its characters are four in base64.
  ...[0, 1, 2].map((skip) => Buffer.from(secret.slice(skip)).toString('base64').slice(0, -4)),
];

test('no clear text of a model key is in the database, and nothing of it once it was deleted', async () => {
  await api.createSession(['sleep', '600'], { title: 'a title that a dump shows' });
  for (const name of ['api-key', 'token'] as const) {
    const secret = cluster.secrets.make(name);
    const choice =
      name === 'api-key'
        ? { provider: 'anthropic', apiKey: secret }
        : { provider: 'compatible', baseUrl: 'https://model.example', token: secret };
    await api.expect('PUT', '/v1/model-settings', choice);
    const [row] = await cluster.database.query<{ sealed: string }>(`SELECT encode(secret_ciphertext, 'hex') AS sealed FROM model_settings`);
    const shown = await dump();
    expect(shown, 'the control: what is stored is found').toContain('a title that a dump shows');
    expect(shown, 'the control: bytes are found').toContain(row?.sealed);
    for (const form of formsOf(secret)) expect(shown.includes(form), `${name} as ${form.slice(0, 12)}…`).toBe(false);

    await api.expect('DELETE', '/v1/model-settings');
    expect(await dump()).not.toContain(row?.sealed);
    expect(await cluster.database.query('SELECT FROM model_settings')).toEqual([]);
  }
});

test('neither is one that came with the environment', async () => {
  const secret = cluster.secrets.make('environment-key');
  await cluster.addWorker({ ANTHROPIC_API_KEY: secret });
  const stored = async () => (await api.get<ModelSettings>('/v1/model-settings')).provider === 'anthropic';
  await eventually(stored, { what: 'the key of the environment is the tenant’s' });
  const shown = await dump();
  for (const form of formsOf(secret)) expect(shown.includes(form)).toBe(false);
  expect(await api.get('/v1/model-settings')).toMatchObject({ provider: 'anthropic', source: 'installation' });
});

test('no password, link, token or cookie is in the database either', async () => {
  const { link } = await api.expect<{ link: { url: string } }>('POST', '/v1/members', { email: 'second@example.com' });
  cluster.secrets.add('link', new URL(link.url).hash.replace('#token=', ''));
  const { ticket } = await api.expect<{ ticket: string }>('POST', '/v1/socket-tickets', {});
  cluster.secrets.add('ticket', ticket);
  const folder = join(cluster.folder, 'dump');
  mkdirSync(folder);
  writeFileSync(join(folder, 'dump.txt'), await dump());
  expect(cluster.secrets.leaks(folder)).toEqual([]);
});
