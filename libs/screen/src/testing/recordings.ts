import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a program wrote into a terminal of 80 columns and 24 rows. */
export interface Recording {
  readonly name: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** A program is given its next key when it has been quiet for so long, and ended when it has none left. */
const QUIET_MS = 120;

/** What to run, and the keys to press. */
const PROGRAMS: readonly { readonly program: string; readonly command: string; readonly keys: readonly string[] }[] = [
  {
    program: 'bash',
    command: 'bash --norc',
    keys: ['ls --color=always -la /usr\r', 'echo caf\u00e9 \u8a9e “quoted”\r', 'printf "%0500d\\n" 7\r', '\x1b[A\x01#\x05\r', 'exit\r'],
  },
  { program: 'less', command: 'less -R /etc/services', keys: [' ', ' ', '/tcp\r', 'n', 'G', 'g', 'q'] },
  {
    program: 'vi',
    command: 'vi -u NONE',
    keys: ['i', 'hello \u8a9e world\r'.repeat(30), '\x1b', 'ggdd', '10Gp', ':set number\r', '\x06', ':split\r', ':q!\r', ':q!\r'],
  },
  { program: 'top', command: 'top -d 0.2', keys: ['1', 'z', 'q'] },
  { program: 'man', command: 'man ls', keys: [' ', 'G', 'q'] },
  {
    program: 'tmux',
    command: 'tmux -L berth-screen -f /dev/null new bash --norc',
    keys: ['ls --color=always /\r', '\x02"', 'seq 50\r', '\x02%', 'echo \u8a9e\r', '\x02o', 'exit\r', 'exit\r', 'exit\r'],
  },
];

/** Recordings made now with the programs that are here, and those kept in a folder that BERTH_TEST_RECORDINGS names. */
export function recordings(): Recording[] {
  const folder = process.env['BERTH_TEST_RECORDINGS'];
  const kept = folder
    ? readdirSync(folder).map((name) => ({ name, bytes: () => Promise.resolve(new Uint8Array(readFileSync(join(folder, name)))) }))
    : [];
  if (process.platform !== 'linux' || !isHere('script')) return kept;
  const live = PROGRAMS.filter(({ program }) => isHere(program));
  return [...kept, ...live.map(({ program, command, keys }) => ({ name: program, bytes: () => record(command, keys) }))];
}

const isHere = (program: string) => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

function record(command: string, keys: readonly string[]): Promise<Uint8Array> {
  const child = spawn('script', ['-qefc', `stty cols 80 rows 24; exec ${command}`, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  const left = [...keys];
  const press = () => {
    const key = left.shift();
    if (key === undefined) child.kill('SIGHUP');
    else child.stdin.write(key);
    quiet = setTimeout(press, QUIET_MS);
  };
  let quiet = setTimeout(press, QUIET_MS);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    clearTimeout(quiet);
    quiet = setTimeout(press, QUIET_MS);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(quiet);
      resolve(new Uint8Array(Buffer.concat(chunks)));
    });
  });
}
