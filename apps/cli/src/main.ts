import { CommanderError } from 'commander';
import { Cli } from './cli.js';
import { readCliEnv } from './env.js';
import type { Explanation } from './failure.js';
import { CliError, EXIT, explain } from './failure.js';
import { createProgram } from './program.js';

/** What stands before `--` is ours, what follows is the program of a new session. Completion has a `--` of its own. */
function splitArguments(words: readonly string[]): { own: string[]; program: string[] | undefined } {
  const at = words[0] === 'complete' ? -1 : words.indexOf('--');
  return at < 0 ? { own: [...words], program: undefined } : { own: words.slice(0, at), program: words.slice(at + 1) };
}

function tell({ message, advice }: Explanation): void {
  process.stderr.write(`berth: ${message}\n${advice === undefined ? '' : `       ${advice}\n`}`);
}

async function run(): Promise<number> {
  let cli: Cli | undefined;
  try {
    const { own, program } = splitArguments(process.argv.slice(2));
    if (program?.length === 0) throw new CliError(EXIT.usage, 'no command follows --', 'For example: berth new -- bash -l');
    if (program && !own.includes('new'))
      throw new CliError(EXIT.usage, 'only new takes a command behind --', 'For example: berth new -- bash -l');
    cli = new Cli(readCliEnv(), program);
    await createProgram(cli).parseAsync(own, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    // Commander has said what is wrong; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    // The person pressed Ctrl-C at a question.
    if (error instanceof Error && error.name === 'ExitPromptError') return 130;
    const explanation = explain(error, cli?.server);
    tell(explanation);
    return explanation.exitCode;
  }
}

// Whoever read our output has enough (`berth ls | head -1`).
process.stdout.on('error', () => process.exit(EXIT.done));
process.stderr.on('error', () => undefined);
process.exitCode = await run();
