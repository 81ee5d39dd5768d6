import { join } from 'node:path';
import { endChild, startChild, withMark } from '../lib/children.mjs';
import { BIN, ROOT, markOf } from '../lib/paths.mjs';
import { say } from '../lib/say.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { ToolError } from '../lib/tool-error.mjs';
import { checkBoundaries, reportViolations } from './boundaries.mjs';
import { readWorkspace } from './workspace.mjs';

/** Two cores are what a small machine has; more at once only wait for each other. */
const AT_ONCE = 2;

const program = (name, ...args) => [join(BIN, name), ...args];

/** `first`: what the others look at (a generated client, declarations) and therefore wait for. */
const STEPS = [
  { name: 'generate', args: program('nx', 'run-many', '-t', 'generate'), first: true },
  { name: 'types', args: program('tsc', '-b', '--pretty', 'false'), first: true },
  {
    name: 'format',
    args: program('prettier', '--check', '--log-level=warn', '--cache', '--cache-location=.nx/prettier-cache', '.'),
    fix: program('prettier', '--write', '--log-level=warn', '.'),
  },
  { name: 'lint', args: program('oxlint', '--format=unix'), fix: program('oxlint', '--fix', '--format=unix') },
  { name: 'unused', args: program('knip', '--no-progress', '--no-config-hints') },
];

async function runProgram(args, stop) {
  const env = withMark({ ...withoutSecrets(process.env), NX_TUI: 'false', NX_DAEMON: 'false', NO_COLOR: '1' }, markOf('check', ROOT));
  const child = startChild(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.process.stdout, child.process.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const closed = new Promise((resolve) => child.process.once('close', resolve));
  try {
    const { code } = await stop.race(child.exited);
    await stop.race(closed);
    return { ok: code === 0, output };
  } finally {
    await endChild(child, { graceMs: 2000, hurry: stop.hurry });
  }
}

function runBoundaries() {
  const violations = checkBoundaries(ROOT);
  return { ok: violations.length === 0, output: reportViolations(violations) };
}

async function runStep(name, work, failed) {
  const began = Date.now();
  const { ok, output } = await work();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (ok) return say(name, `ok (${seconds} s)`);
  failed.push(name);
  const text = output.trimEnd().replaceAll(`${ROOT}/`, '');
  process.stdout.write(`${name.padEnd(10)} failed (${seconds} s)\n${text.replace(/^(?=.)/gm, '  ')}\n`);
}

/** `npm run check`: everything that can be said without running the product. `--fix` repairs format and lint first. */
export async function main({ argv, stop }) {
  const unknown = argv.find((word) => word !== '--fix');
  if (unknown) throw new ToolError(`unknown option ${unknown}; usage: npm run check -- [--fix]`);
  if (argv.includes('--fix')) {
    // One after the other, both write the same files.
    for (const { fix } of STEPS.filter((step) => step.fix).toReversed()) await runProgram(fix, stop);
  }
  const failed = [];
  for (const { name, args } of STEPS.filter((step) => step.first)) await runStep(name, () => runProgram(args, stop), failed);
  const waiting = STEPS.filter((step) => !step.first).map(({ name, args }) => ({ name, work: () => runProgram(args, stop) }));
  for (const { folder } of readWorkspace(ROOT).projects.filter(({ bundled }) => bundled)) {
    waiting.push({ name: 'types', work: () => runProgram(program('tsc', '--noEmit', '--pretty', 'false', '-p', folder), stop) });
  }
  waiting.push({ name: 'boundaries', work: () => Promise.resolve(runBoundaries()) });
  const workInTurn = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await runStep(next.name, next.work, failed);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workInTurn));
  if (failed.length > 0)
    throw new ToolError(
      `the check failed: ${failed.join(', ')}${failed.some((name) => ['format', 'lint'].includes(name)) ? ' (npm run check -- --fix repairs some of it)' : ''}`,
    );
  return 0;
}
