#!/usr/bin/env node
// Offline stand-in for Prisma's schema-engine binary: JSON-RPC over stdio, served by
// @prisma/schema-engine-wasm through the JS driver adapter. Used via PRISMA_SCHEMA_ENGINE_BINARY.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// Packages come from the project in the current directory, wherever this file stands.
const require = createRequire(`${process.cwd()}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { default: pg } = await load('pg');
const { PrismaPg } = await load('@prisma/adapter-pg');
const { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } = await load('@prisma/driver-adapter-utils');

// adapter-pg has no mapping for the internal "char" type (oid 18) that the schema describer selects: read it as text.
const addFields = pg.Result.prototype.addFields;
pg.Result.prototype.addFields = function (fields) {
  for (const f of fields)
    if (f.dataTypeID === 18) {
      f.dataTypeID = 25;
      f.isChar = true;
    }
  return addFields.call(this, fields);
};

const bg = await load('@prisma/schema-engine-wasm/schema_engine_bg');
const wasmPath = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), { './schema_engine_bg.js': bg });
bg.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const argv = process.argv.slice(2);
const opt = (n) => {
  const i = argv.indexOf(n);
  return i < 0 ? undefined : argv[i + 1];
};
const url = JSON.parse(opt('--datasource') ?? '{}').url ?? process.env.DATABASE_URL;
const u = new URL(url);
const schema = u.searchParams.get('schema') ?? undefined;
u.searchParams.delete('schema');
const config = {
  host: u.hostname,
  port: Number(u.port || 5432),
  user: decodeURIComponent(u.username),
  password: decodeURIComponent(u.password),
  database: decodeURIComponent(u.pathname.slice(1)),
};
let panic = '';
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message: (m) => {
    panic = m;
    process.stderr.write(m + '\n');
  },
};
// adapter-pg's executeScript splits on every ';' (breaks $$ bodies): send the script whole, simple protocol, like the native engine.
const whole = (a) => {
  a.executeScript = async (sql) => {
    await a.underlyingDriver().query(sql);
  };
  const io = a.performIO.bind(a);
  const raw = a.queryRaw.bind(a);
  let last = [];
  a.performIO = async (q) => {
    const r = await io(q);
    last = r.fields;
    return r;
  };
  a.queryRaw = async (q) => {
    const r = await raw(q);
    last.forEach((f, i) => {
      if (f.isChar) r.columnTypes[i] = ColumnTypeEnum.Character;
    });
    return r;
  };
  return a;
};
class Factory extends PrismaPg {
  async connect() {
    return whole(await super.connect());
  }
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    const admin = new pg.Client(config);
    await admin.connect();
    await admin.query(`CREATE DATABASE "${database}"`);
    const a = whole(await new PrismaPg({ ...config, database }, { schema }).connect());
    const dispose = a.dispose.bind(a);
    a.dispose = async () => {
      await dispose();
      await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
      await admin.end();
    };
    return a;
  }
}
const factory = () => new Factory(config, { schema });
const fail = (message, code) => {
  process.stderr.write(
    JSON.stringify({
      is_panic: false,
      message,
      backtrace: '',
      meta: {},
      error_code: code,
      level: 'ERROR',
      fields: { message, error_code: code, is_panic: false },
    }) + '\n',
  );
  process.exit(1);
};

const ci = argv.indexOf('cli');
if (ci >= 0) {
  const target = argv[ci + 1];
  if (target === 'can-connect-to-database') {
    const c = new pg.Client({ connectionString: u.toString() });
    try {
      await c.connect();
      await c.end();
      process.exit(0);
    } catch (e) {
      fail(e.message, e.code === '3D000' ? 'P1003' : 'P1001');
    }
  } else {
    const name = decodeURIComponent(u.pathname.slice(1));
    const a = new URL(u);
    a.pathname = '/postgres';
    const c = new pg.Client({ connectionString: a.toString() });
    await c.connect();
    await c.query(`${target === 'drop-database' ? 'DROP' : 'CREATE'} DATABASE "${name.replaceAll('"', '""')}"`);
    await c.end();
    process.exit(0);
  }
}
const di = argv.indexOf('--datamodels');
const files = [];
for (let i = di + 1; di >= 0 && i < argv.length && !argv[i].startsWith('--'); i++) files.push(argv[i]);
const datamodels = files.length ? files.map((f) => [f, readFileSync(f, 'utf8')]) : undefined;
// a fresh engine per call: one engine loses its adapter factory after applyMigrations
const getEngine = () => bg.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory()));
const alias = { getDatabaseVersion: 'version' };
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const { id, method, params } = JSON.parse(line);
  if (!method) continue; // reply to our print notification
  try {
    const e = await getEngine();
    // the wasm engine only gets its shadow-database factory through a diagnostic call
    if (method === 'evaluateDataLoss' || method === 'createMigration')
      await e.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
    const result = (await e[alias[method] ?? method](params)) ?? null;
    if (method === 'diff' && result?.stdout)
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 1e6 + id, method: 'print', params: { content: result.stdout } }) + '\n');
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\n');
  } catch (err) {
    process.stdout.write(
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        error: {
          code: 4466,
          message: 'An error happened. Check the data field for details.',
          data: { is_panic: false, message: panic || err?.message || String(err), meta: err?.meta ?? null, error_code: err?.code ?? null },
        },
      }) + '\n',
    );
  }
}
process.exit(0);
