import { existsSync } from 'node:fs';
import { runStep, withMark } from '../lib/children.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { say, warn } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const CHROMIUM = '/usr/bin/chromium';
const HINT = 'install Chromium (Debian: apt-get install chromium) or set BERTH_TEST_CHROMIUM to its program';

/**
 * The browser for the browser tests: from BERTH_TEST_CHROMIUM, Debian's, or installed now when we are root. Without one the browser tests are
 * skipped with a warning; in CI that is an error, because nobody reads warnings there.
 */
export async function ensureChromium(stop, mark) {
  const given = process.env.BERTH_TEST_CHROMIUM;
  if (given) {
    if (existsSync(given)) return given;
    throw new ToolError(`BERTH_TEST_CHROMIUM: there is no ${given}`);
  }
  if (existsSync(CHROMIUM)) return CHROMIUM;
  if (process.getuid() === 0 && existsSync('/usr/bin/apt-get')) {
    say('chromium', 'installing Debian’s Chromium for the browser tests');
    const env = withMark({ ...withoutSecrets(process.env), DEBIAN_FRONTEND: 'noninteractive' }, mark);
    const apt = (args) => runStep('apt-get', args, { env, stop, failure: `apt-get ${args[0]} failed; ${HINT}` });
    await apt(['update', '-qq']);
    await apt(['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    if (existsSync(CHROMIUM)) return CHROMIUM;
  }
  if (process.env.CI) throw new ToolError(`no Chromium for the browser tests: ${HINT}`);
  warn('chromium', `none found, the browser tests are skipped: ${HINT}`);
  return undefined;
}
