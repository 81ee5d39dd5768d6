import { spawnSync } from 'node:child_process';
import type { CliEnv } from '../env.js';
import { plain } from '../output/plain-text.js';
import type { Finding } from './check.js';
import { failed, ok, warn } from './check.js';

const LEAST = { cols: 80, rows: 24 };

/** Whether this terminal can show a session well. */
export function checkTerminal({ term, locale }: CliEnv): Finding[] {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    return [warn('terminal', 'standard input or output is no terminal', 'To check one, run berth doctor in it without pipes')];
  const [cols, rows] = process.stdout.getWindowSize();
  const size = `${String(cols)}×${String(rows)}`;
  const findings: Finding[] = [];
  if (term === undefined || term === 'dumb')
    findings.push(failed('terminal', `TERM is ${term ?? 'not set'}`, 'Use a terminal that understands control sequences, and set TERM'));
  else if (cols < LEAST.cols || rows < LEAST.rows)
    findings.push(
      warn(
        'terminal',
        `${plain(term)}, ${size}`,
        `Claude Code needs about ${String(LEAST.cols)}×${String(LEAST.rows)}: make the window larger`,
      ),
    );
  else findings.push(ok('terminal', `${plain(term)}, ${size}, ${String(process.stdout.getColorDepth())} bits of colour`));
  if (!/utf-?8/i.test(locale ?? ''))
    findings.push(
      warn(
        'characters',
        `the locale is ${plain(locale ?? 'not set')}`,
        'Set LANG to a UTF-8 locale such as C.UTF-8, or boxes and accents may look odd',
      ),
    );
  else findings.push(ok('characters', plain(locale ?? '')));
  if (spawnSync('stty', ['-g'], { stdio: ['inherit', 'ignore', 'ignore'] }).status !== 0)
    findings.push(failed('stty', 'stty cannot read the settings of this terminal', 'attach needs it: install coreutils'));
  return findings;
}
