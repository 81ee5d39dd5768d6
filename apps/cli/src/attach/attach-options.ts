import type { SessionView } from '@berth/protocol';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { plain } from '../output/plain-text.js';
import { nameOf, shortId } from '../sessions/find-session.js';
import { Attachment } from './attachment.js';
import { DEFAULT_DETACH_KEY, parseDetachKeys, showDetachKeys } from './detach-keys.js';
import type { DetachKeys } from './detach-keys.js';
import type { Outcome } from './outcome.js';
import { sayInPassing } from './tty-writer.js';

/** Options of every command that attaches. */
export interface AttachFlags {
  detachKey?: string;
  watch?: boolean;
  giveUp: number;
}

const GIVE_UP_S = 600;

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1) throw new CliError(EXIT.usage, '--give-up takes whole seconds', 'For example: --give-up 60');
  return value;
}

/** Adds them to a command. */
export function withAttachFlags(command: Command): Command {
  return command
    .option('--detach-key <keys>', `keys that detach, such as "ctrl-p ctrl-q", or none (default: "${DEFAULT_DETACH_KEY}")`)
    .addOption(
      new Option('--give-up <seconds>', 'end when the server cannot be reached for so long').argParser(seconds).default(GIVE_UP_S),
    );
}

/** The keys that are meant: named, from the environment, or the usual ones. */
export const detachKeysOf = (cli: Cli, { detachKey }: AttachFlags): DetachKeys =>
  parseDetachKeys(detachKey ?? cli.env.detachKey ?? DEFAULT_DETACH_KEY);

/** Attaches this terminal, says how it ended, and ends the process with the exit code that fits. Rejects only before the terminal is touched or after it is restored. */
export async function attachTo(
  cli: Cli,
  command: Command,
  { session, fresh, flags }: { session: SessionView; fresh: boolean; flags: AttachFlags },
): Promise<void> {
  const keys = detachKeysOf(cli, flags);
  const output = cli.output(command);
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  if (interactive) output.note(`[${nameOf(session)}${flags.watch === true ? ', watching' : ''}; ${howToLeave(keys, flags)}]`);
  const outcome = await new Attachment({
    account: cli.account(command),
    session,
    keys,
    watch: flags.watch === true,
    fresh,
    giveUpMs: flags.giveUp * 1000,
    term: cli.env.term,
  }).show();
  report(outcome, interactive);
  // Connections that are still saying goodbye would keep us.
  process.exit(outcome.exitCode);
}

function howToLeave(keys: DetachKeys, { watch }: AttachFlags): string {
  const ways = [...(keys.length > 0 ? [showDetachKeys(keys)] : []), ...(watch === true ? ['Ctrl-c'] : [])];
  return ways.length > 0 ? `${ways.join(' or ')} detaches` : 'no key detaches';
}

function report({ message, advice, exitCode }: Outcome, interactive: boolean): void {
  if (!interactive && exitCode === EXIT.done) return;
  const lines = [message, ...(advice === undefined ? [] : [advice])].map((line) => plain(line));
  sayInPassing(interactive ? `[${lines.join('. ')}]\n` : `berth: ${lines.join('\n       ')}\n`);
}

/** How to come back to a session. */
export const wayBack = (session: SessionView): string => `berth attach ${shortId(session.id)}`;
