import { Command } from 'commander';
import type { Account } from '../account/account.js';
import type { Cli } from '../cli.js';
import { checkModel, checkSignIn } from '../doctor/account-checks.js';
import type { Finding } from '../doctor/check.js';
import { failed } from '../doctor/check.js';
import { checkReachable, checkReady, checkRoundTrip, checkVersion } from '../doctor/server-checks.js';
import { checkTerminal } from '../doctor/terminal-checks.js';
import { checkByteSocket, checkControlSocket } from '../doctor/upgrade-check.js';
import { EXIT, explain, notSignedIn } from '../failure.js';
import type { Output } from '../output/output.js';

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], failed: ['red', '✗'] } as const;

function show(finding: Finding, output: Output): void {
  if (output.json) return;
  const [colour, mark] = MARKS[finding.result];
  const advice = finding.advice === undefined ? '' : `\n    ${finding.advice}`;
  process.stdout.write(`${output.paint(colour, mark)} ${finding.name}: ${finding.detail}${advice}\n`);
}

/** Everything that needs somebody signed in. */
async function* checksOfAccount(account: Account): AsyncGenerator<Finding> {
  const { api, server } = account;
  const signedIn = await checkSignIn(api, server);
  yield signedIn;
  if (signedIn.result !== 'ok') return;
  yield await checkByteSocket(server, await account.accessToken());
  yield await checkModel(api, server);
}

/** Every check, one after the other; what makes no sense any more is left out. */
async function* checks(cli: Cli, command: Command): AsyncGenerator<Finding> {
  yield* checkTerminal(cli.env);
  const server = cli.serverOf(command);
  const reachable = await checkReachable(server);
  yield* reachable;
  if (reachable[0]?.result !== 'ok') return;
  yield await checkReady(server);
  yield await checkVersion(server);
  yield await checkRoundTrip(server);
  yield await checkControlSocket(server);
  try {
    yield* checksOfAccount(cli.account(command));
  } catch (error) {
    const { message, advice } = explain(error, server);
    yield failed('signed in', message, advice ?? notSignedIn(server).advice ?? '');
  }
}

function exitCodeOf(findings: readonly Finding[]): number {
  const failures = new Set(findings.filter(({ result }) => result === 'failed').map(({ name }) => name));
  if (failures.has('reachable')) return EXIT.unreachable;
  if (failures.has('signed in') && failures.size === 1) return EXIT.notAuthorised;
  return failures.size > 0 ? EXIT.failed : EXIT.done;
}

export const doctorCommand = (cli: Cli): Command =>
  new Command('doctor')
    .description('check step by step what a session needs, from this terminal to the model, and say what to do')
    .action(async (_options: object, command: Command) => {
      const output = cli.output(command);
      const findings: Finding[] = [];
      for await (const finding of checks(cli, command)) {
        findings.push(finding);
        show(finding, output);
      }
      if (output.json) output.data({ items: findings, nextCursor: null }, () => '');
      process.exitCode = exitCodeOf(findings);
    });
