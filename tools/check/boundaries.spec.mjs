import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBoundaries, reportViolations } from './boundaries.mjs';

let root;
const write = (path, content) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};
const project = (folder, tags, { dependencies = {}, devDependencies = {}, references } = {}) => {
  write(`${folder}/package.json`, { name: `@berth/${folder.split('/')[1]}`, dependencies, devDependencies, nx: { tags } });
  const needed = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name.startsWith('@berth/'));
  write(`${folder}/tsconfig.json`, { references: references ?? needed.map((name) => ({ path: `../../libs/${name.slice(7)}` })) });
  write(`${folder}/README.md`, 'a line\n'.repeat(12));
};
const report = () => reportViolations(checkBoundaries(root)).split('\n').filter(Boolean);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-check-'));
  write('package.json', { name: 'berth', workspaces: ['libs/*', 'apps/*'], devDependencies: { vitest: '5.1.1' } });
  project('libs/protocol', ['layer:protocol', 'platform:browser'], { dependencies: { zod: '4.6.7' } });
  project('libs/testing', ['layer:testing'], { dependencies: { '@berth/protocol': '*' } });
  project('libs/store', ['layer:adapter'], {
    dependencies: { '@berth/protocol': '*', pg: '8.0.0' },
    devDependencies: { '@berth/testing': '*' },
  });
  project('libs/log', ['layer:adapter'], { dependencies: { '@berth/protocol': '*', ioredis: '6.0.0' } });
  project('apps/gateway', ['layer:app'], { dependencies: { '@berth/store': '*', '@berth/log': '*' } });
  write('tsconfig.json', {
    references: ['libs/protocol', 'libs/testing', 'libs/store', 'libs/log', 'apps/gateway'].map((path) => ({ path })),
  });
  write('libs/protocol/src/index.ts', `import { z } from 'zod';\nexport const Id = z.string();\n`);
  write(
    'libs/store/src/index.ts',
    `import pg from 'pg';\nimport { Id } from '@berth/protocol';\nexport { x } from './deep/x.js';\nexport const s = [pg, Id];\n`,
  );
  write('libs/store/src/deep/x.ts', `import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n`);
  write(
    'libs/store/src/x.int.spec.ts',
    `import { it } from 'vitest';\nimport { f } from '@berth/testing';\nit('x', () => f(process.env['BERTH_TEST_DATABASE_URL']));\n`,
  );
  write('apps/gateway/src/env.ts', `export const port = process.env.PORT;\n`);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the check of boundaries', () => {
  it('has nothing to say about a workspace that keeps the rules', () => {
    expect(report()).toEqual([]);
  });

  it('reports a dependency that points up or sideways', () => {
    project('libs/log', ['layer:adapter'], { dependencies: { '@berth/store': '*' } });
    expect(report()).toEqual([
      expect.stringMatching(/^libs\/log\/package\.json:1: @berth\/log \(layer:adapter\) depends on @berth\/store \(layer:adapter\) /),
    ]);
  });

  it('lets specs use a double of another layer, and product code not', () => {
    project('libs/store', ['layer:adapter', 'double'], {
      dependencies: { '@berth/protocol': '*', pg: '8.0.0' },
      devDependencies: { '@berth/testing': '*' },
    });
    project('libs/log', ['layer:adapter'], { dependencies: { ioredis: '6.0.0' }, devDependencies: { '@berth/store': '*' } });
    expect(report()).toEqual([]);
    project('libs/log', ['layer:adapter'], { dependencies: { '@berth/store': '*' } });
    expect(report()).toEqual([expect.stringContaining('@berth/log (layer:adapter) depends on @berth/store (layer:adapter)')]);
  });

  it('reports a project without a layer', () => {
    project('libs/log', []);
    expect(report()).toContainEqual(expect.stringContaining('@berth/log has no known layer tag'));
  });

  it('reports an import that package.json does not declare, static, dynamic or re-exported', () => {
    write('libs/log/src/a.ts', `// import 'commented'\nimport '@berth/store';\nexport * from 'left-pad';\nawait import('right-pad');\n`);
    expect(report()).toEqual([
      expect.stringContaining('libs/log/src/a.ts:2: imports @berth/store, which libs/log/package.json does not declare'),
      expect.stringContaining('libs/log/src/a.ts:3: imports left-pad'),
      expect.stringContaining('libs/log/src/a.ts:4: imports right-pad'),
    ]);
  });

  it('reports product code that imports what is declared for tests, or test code', () => {
    write('libs/store/src/b.ts', `import { f } from '@berth/testing';\nimport { y } from './testing/y.js';\nexport const b = [f, y];\n`);
    expect(report()).toEqual([
      expect.stringContaining('libs/store/src/b.ts:1: product code imports @berth/testing, which is declared for tests alone'),
      expect.stringContaining('libs/store/src/b.ts:2: product code imports test code'),
    ]);
  });

  it('reports a relative import of another project', () => {
    write('libs/log/src/a.ts', `import { x } from '../../store/src/deep/x.js';\nexport const a = x;\n`);
    expect(report()).toEqual([
      expect.stringContaining('libs/log/src/a.ts:1: imports ../../store/src/deep/x.js, a file of another project'),
    ]);
  });

  it('reports a vendor taken from its owner', () => {
    project('libs/log', ['layer:adapter'], { dependencies: { pg: '8.0.0' } });
    write('libs/log/src/a.ts', `import pg from 'pg';\nexport const a = pg;\n`);
    expect(report()).toEqual([expect.stringContaining('libs/log/src/a.ts:1: imports pg, which belongs to libs/store')]);
  });

  it('reports Node in what runs in browsers', () => {
    write('libs/protocol/src/a.ts', `import { join } from 'node:path';\nexport const a = join;\n`);
    expect(report()).toEqual([expect.stringContaining('libs/protocol/src/a.ts:1: imports node:path in a project that runs in browsers')]);
  });

  it('reports process.env outside of env.ts, however it is spelt, but not in comments and strings', () => {
    write(
      'libs/store/src/a.ts',
      `// process.env.HOME\nexport const a = 'process.env.HOME';\nexport const b = process.env.HOME;\nexport const { PORT } = process['env'];\n`,
    );
    write('libs/store/src/a.spec.ts', `export const c = process.env.HOME;\n`);
    expect(report()).toEqual([
      expect.stringContaining('libs/store/src/a.spec.ts:1: reads process.env.HOME'),
      expect.stringContaining('libs/store/src/a.ts:3: reads process.env.HOME'),
      expect.stringContaining('libs/store/src/a.ts:4: reads process.env '),
    ]);
  });

  it('lets test code read the services of npm test, and nothing else', () => {
    write('libs/store/src/deep/testing/a.ts', `export const a = process.env[a ? 'BERTH_TEST_REDIS_URL' : 'BERTH_TEST_DATABASE_URL'];\n`);
    expect(report()).toEqual([]);
    write('libs/store/src/deep/testing/a.ts', `export const a = process.env[a ? 'BERTH_TEST_REDIS_URL' : 'DATABASE_URL'];\n`);
    expect(report()).toEqual([expect.stringContaining('reads process.env.BERTH_TEST_REDIS_URL or DATABASE_URL')]);
  });

  it('lets a build configuration import the tools of the root', () => {
    write('apps/gateway/vitest.config.ts', `import { defineConfig } from 'vitest';\nexport default defineConfig;\n`);
    expect(report()).toEqual([]);
    write('apps/gateway/src/vitest.config.ts', `import { defineConfig } from 'vitest';\nexport default defineConfig;\n`);
    expect(report()).toHaveLength(1);
  });

  it('reports two versions of a package, and ranges', () => {
    project('libs/log', ['layer:adapter'], { dependencies: { pg: '8.0.1', ioredis: '^6.0.0' } });
    expect(report()).toEqual([
      expect.stringContaining('libs/log/package.json:1: asks for ioredis@^6.0.0 (pin one exact version)'),
      expect.stringMatching(/asks for pg@8\.0\.\d, but .* for 8\.0\.\d/),
    ]);
  });

  it('reports references that disagree with dependencies', () => {
    project('libs/log', ['layer:adapter'], { dependencies: { '@berth/protocol': '*' }, references: [{ path: '../testing' }] });
    expect(report()).toEqual([
      expect.stringContaining('libs/log/tsconfig.json:1: does not reference libs/protocol'),
      expect.stringContaining('libs/log/tsconfig.json:1: references libs/testing'),
    ]);
  });

  it('reports a project that the root tsconfig.json forgets', () => {
    write('tsconfig.json', { references: [] });
    expect(report()).toHaveLength(5);
    expect(report()).toContainEqual(expect.stringContaining('tsconfig.json:1: does not reference libs/log'));
  });

  it('reports a README that is missing or too short', () => {
    rmSync(join(root, 'libs/log/README.md'));
    write('libs/store/README.md', 'short\n');
    expect(report()).toEqual([
      expect.stringContaining('libs/log/README.md:1: is missing'),
      expect.stringContaining('libs/store/README.md:1: has 1 lines'),
    ]);
  });

  it('reports a file of more than 400 lines', () => {
    write('libs/log/src/long.ts', 'export {};\n'.repeat(401));
    expect(report()).toEqual([expect.stringContaining('libs/log/src/long.ts:401: has 401 lines, 400 at most')]);
  });
});
