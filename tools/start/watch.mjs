import { watch } from 'node:fs';
import { join } from 'node:path';
import { build } from '../build/build.mjs';
import { ROOT } from '../lib/paths.mjs';
import { say, warn } from '../lib/say.mjs';
import { Stopped } from '../lib/tool-error.mjs';

/** An editor saves several files for one change: the build waits until it has been quiet for this long. */
const QUIET_MS = 300;
const WATCHED = ['libs', 'apps', 'prisma'];
/** What a build itself writes. */
const WRITTEN = /(^|\/)(dist|generated|node_modules)(\/|$)/;

/**
 * Watch mode: builds after every change of a source and then exchanges the apps; a failed build is shown and leaves the old ones running. Resolves
 * when a stop is requested. (The compiler's own watch mode overlooks changes in referenced projects.)
 */
export async function watchSources({ apps, marks, stop }) {
  let changed = () => {};
  const watchers = WATCHED.map((folder) =>
    watch(join(ROOT, folder), { recursive: true, signal: stop.signal }, (_, file) => {
      if (file && !WRITTEN.test(file)) changed();
    }),
  );
  for (const watcher of watchers) watcher.on('error', (error) => error.name !== 'AbortError' && warn('watch', error.message));
  say('watch', 'gateways and workers are exchanged after every change');
  try {
    for (let next = new Promise((resolve) => (changed = resolve)); ;) {
      await stop.race(next);
      await stop.sleep(QUIET_MS);
      // From here on a change belongs to the next round.
      next = new Promise((resolve) => (changed = resolve));
      await rebuild({ apps, marks, stop });
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

async function rebuild({ apps, marks, stop }) {
  try {
    await build({ stop, marks });
    await Promise.all(apps.map((app) => app.exchange()));
  } catch (error) {
    if (error instanceof Stopped) throw error;
    warn('watch', `${error.message}\n${error.detail ?? ''}`);
  }
}
