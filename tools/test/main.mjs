import { globSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../build/build.mjs';
import { withMark } from '../lib/children.mjs';
import { ROOT } from '../lib/paths.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { say, sayError } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';
import { ensureChromium } from './chromium.mjs';
import { ensureTerminalPrograms } from './terminal-programs.mjs';
import { countLine, sumCounts } from './counts.mjs';
import { TestServices } from './test-services.mjs';
import { runVitest } from './vitest-run.mjs';

/** e2e files kill processes and measure what is left: one at a time. */
const GROUPS = [
  { name: 'specs', projects: ['unit', 'int'], workers: 2, files: '{libs,apps,tools,e2e}/**/*.spec.{ts,tsx,mjs}' },
  { name: 'e2e', projects: ['e2e'], workers: 1, files: 'e2e/**/*.e2e.ts' },
];

function matches(group, filters) {
  if (filters.length === 0) return true;
  const files = globSync(group.files, { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] });
  return filters.some((filter) => files.some((file) => join(ROOT, file).includes(filter)));
}

/**
 * `npm test [-- <part of a file's path> …]`: everything, with its own services; ends with a line for each failure and the line `N passed, N failed`.
 * `--no-build` leaves out the build: for specs that need no built program.
 */
export async function main({ argv, stop }) {
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--no-build');
  if (unknown) throw new ToolError(`unknown option ${unknown}; usage: npm test -- [--no-build] [part of a file's path …]`);
  const filters = argv.filter((word) => !word.startsWith('-'));
  const groups = GROUPS.filter((group) => matches(group, filters));
  const services = new TestServices(stop);
  const results = [];
  try {
    if (!argv.includes('--no-build')) await build({ stop });
    await services.start();
    const needsPrograms = groups.some(({ name }) => name === 'e2e');
    const chromium = needsPrograms ? await ensureChromium(stop, services.mark) : undefined;
    if (needsPrograms) await ensureTerminalPrograms(stop, services.mark);
    const env = withMark(testEnvironment({ services, chromium }), services.mark);
    for (const group of groups) {
      say('test', group.name);
      const reportFile = join(services.folder, `${group.name}.json`);
      results.push(await runVitest({ ...group, filters, env, stop, reportFile }));
    }
  } finally {
    await services.end();
  }
  return conclude(results);
}

function testEnvironment({ services, chromium }) {
  const inherited = Object.entries(withoutSecrets(process.env)).filter(
    ([name]) => !/^(BERTH_|ANTHROPIC_|CLAUDE_|OTEL_|npm_|PORT$|HOST$|PUBLIC_URL$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    BERTH_TEST_DATABASE_URL: services.postgres.url,
    BERTH_TEST_REDIS_URL: services.redis.url,
    ...(chromium ? { BERTH_TEST_CHROMIUM: chromium } : {}),
  };
}

function conclude(results) {
  const counts = sumCounts(results.map((each) => each.counts));
  const nothing = counts.passed + counts.failed === 0;
  const broken = results.some((each) => each.broken);
  if (nothing) sayError('no test ran');
  if (broken) sayError('a test run ended with an error outside of its tests: see above');
  for (const line of results.flatMap((each) => each.failures)) process.stdout.write(`failed: ${line}\n`);
  process.stdout.write(`${countLine(counts)}\n`);
  return nothing || broken || counts.failed > 0 ? 1 : 0;
}
