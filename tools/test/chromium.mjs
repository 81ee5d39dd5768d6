import { existsSync } from 'node:fs';
import { ToolError } from '../lib/tool-error.mjs';
import { ensureProgram } from './system-package.mjs';

/** The browser for the browser tests: from BERTH_TEST_CHROMIUM, or Debian's. */
export async function ensureChromium(stop, mark) {
  const given = process.env.BERTH_TEST_CHROMIUM;
  if (given) {
    if (existsSync(given)) return given;
    throw new ToolError(`BERTH_TEST_CHROMIUM: there is no ${given}`);
  }
  return ensureProgram({
    name: 'chromium',
    path: '/usr/bin/chromium',
    package: 'chromium',
    hint: 'install Chromium (Debian: apt-get install chromium) or set BERTH_TEST_CHROMIUM to its program',
    stop,
    mark,
  });
}
