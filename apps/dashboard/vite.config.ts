import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** One page for all addresses; libraries come from their sources, so that a build never mixes in a stale one. */
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    // A content-security policy without inline scripts or data: modules needs everything in files of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Has to run before the schemas, which land in a chunk of their own: chunks run in the order in which their modules are imported.
            { name: 'no-eval', test: /src\/no-eval\.ts$/, priority: 2 },
            { name: 'vendor', test: /node_modules\/(react|react-dom|react-router|scheduler|zod|@tanstack)\//, priority: 1 },
          ],
        },
      },
    },
  },
});
