import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Workspace packages resolve to their sources, so that a spec never runs against a stale build. */
const conditions = ['source', ...defaultServerConditions];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
} as const;

const everywhere = ['**/node_modules/**', '**/dist/**', '**/.data/**'];

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{libs,apps,e2e}/**/*.spec.ts', '{libs,apps}/**/*.spec.tsx', 'tools/**/*.spec.mjs'],
          exclude: [...everywhere, '**/*.int.spec.ts', '**/*.int.spec.mjs'],
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: ['{libs,apps}/**/*.int.spec.ts', 'tools/**/*.int.spec.mjs'],
          exclude: everywhere,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          exclude: everywhere,
          // One promise at a time: each file kills processes and measures what is left.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
