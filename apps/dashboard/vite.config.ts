import { defaultClientConditions, defineConfig } from 'vite';

/** One page for all addresses; libraries come from their sources, so that a build never mixes in a stale one. */
export default defineConfig({
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    // A content-security policy without inline scripts or data: modules needs everything in files of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
