import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runStep, withMark } from '../lib/children.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { say, warn } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);

/**
 * A program that some tests need: found, or installed now from Debian's packages when we are root. Without it those tests are skipped with a
 * warning; in CI that is an error, because nobody reads warnings there. Answers its path, or undefined.
 * @param {{ name: string, path?: string, package: string, hint: string, stop: object, mark: string }} wanted `path`: where it is, when not on PATH
 */
export async function ensureProgram({ name, path, package: packageName, hint, stop, mark }) {
  const find = () => (path ? existsSync(path) && path : onPath(name)) || undefined;
  if (find()) return find();
  if (process.getuid() === 0 && existsSync('/usr/bin/apt-get')) {
    say(name, `installing Debian’s ${packageName} for the tests`);
    const env = withMark({ ...withoutSecrets(process.env), DEBIAN_FRONTEND: 'noninteractive' }, mark);
    const apt = (args) => runStep('apt-get', args, { env, stop, failure: `apt-get ${args[0]} failed; ${hint}` });
    await apt(['update', '-qq']);
    await apt(['install', '-y', '-qq', '--no-install-recommends', packageName]);
    if (find()) return find();
  }
  if (process.env.CI) throw new ToolError(`no ${name} for the tests: ${hint}`);
  warn(name, `none found, the tests that need it are skipped: ${hint}`);
  return undefined;
}
