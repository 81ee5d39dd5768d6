import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Prisma's own engine would be downloaded; this one is served from npm packages.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(new URL('../tools/schema-engine.mjs', import.meta.url));

const url = process.env['DATABASE_URL'];

export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  ...(url === undefined ? {} : { datasource: { url } }),
});
