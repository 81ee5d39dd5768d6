import { tempDir, waitFor } from '@berth/testing';
import { spawn, spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { killTree } from './kill-tree.js';
import { probeProcessTree } from './probe-process-tree.js';
import { allProcesses, processStartTime } from './proc.js';

const tree = probeProcessTree();
const isNamespace = tree.kind !== 'process-group';
const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };

const run = (argv: string[], options: SpawnSyncOptions = {}) => {
  const [file = '', ...args] = tree.wrap(argv);
  return spawnSync(file, args, { env, encoding: 'utf8', timeout: 10_000, ...options });
};

/** A name for `sleep` that no other process on the machine has in its argv. */
let names = 5_000_000 + (process.pid % 10_000) * 100;
const uniqueSeconds = () => String(names++);

function alive(seconds: string): number {
  return allProcesses().filter(({ pid, state }) => state !== 'Z' && commandOf(pid).includes(`sleep\0${seconds}\0`)).length;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** A program with children that do all they can to outlive it: detached, deaf to hang-ups, two deep. Three sleeps. */
const stubborn = (seconds: string) =>
  `trap '' HUP TERM INT; setsid nohup sleep ${seconds} >/dev/null 2>&1 & sh -c "trap '' HUP TERM; sleep ${seconds} & wait" & sleep ${seconds}`;

describe('a wrapped program', () => {
  it('runs nothing that its environment or its home names', async () => {
    const dir = await tempDir();
    for (const name of ['.bashrc', '.profile', '.bash_profile']) await writeFile(join(dir.path, name), 'echo intruder >&2\n');
    const hostile = {
      ...env,
      HOME: dir.path,
      BASH_ENV: join(dir.path, '.bashrc'),
      ENV: join(dir.path, '.bashrc'),
      'BASH_FUNC_exec%%': '() { echo intruder; }',
    };
    expect(run(['true'], { env: hostile, cwd: dir.path })).toMatchObject({ status: 0, stdout: '', stderr: '' });
    await dir.remove();
  });

  it('has its own exit code, also after a signal, and nothing added to its output', () => {
    expect(run(['true']).status).toBe(0);
    expect(run(['sh', '-c', 'exit 7']).status).toBe(7);
    const killed = run(['sh', '-c', 'echo out; kill -SEGV $$']);
    expect(killed).toMatchObject({ stdout: 'out\n', stderr: '' });
    expect(isNamespace ? killed.status : killed.signal).toBe(isNamespace ? 139 : 'SIGSEGV');
    expect(run(['no-such-program']).status).toBe(127);
  });

  it('gets its arguments as they are, and is never a builtin of a shell', () => {
    const odd = ['a b', '$HOME', '"; exit 3 #', '`id`', '', '-n', '*', 'A=1'];
    expect(run(['printf', '%s|', ...odd]).stdout).toBe(`${odd.join('|')}|`);
    expect(run(['eval', 'echo no']).status).toBe(127);
    expect(run(['A=1', 'true']).status).toBe(127);
  });

  it('gets the environment that it was given', () => {
    const { stdout } = run(['env']);
    const lines = String(stdout)
      .split('\n')
      .filter((line) => line !== '' && !/^(PWD|SHLVL|_|OLDPWD)=/.test(line));
    expect(lines.toSorted()).toEqual(['LANG=C.UTF-8', 'PATH=/usr/bin:/bin']);
  });

  it('inherits no descriptor but the standard three', () => {
    const stdio: ('pipe' | 'ignore')[] = ['ignore', 'pipe', 'pipe', ...Array<'pipe'>(20).fill('pipe')];
    const { stdout } = run(['sh', '-c', 'ls /proc/self/fd'], { stdio });
    // Descriptor 3 is the listing's own.
    expect(String(stdout).trim().split('\n')).toEqual(['0', '1', '2', '3']);
  });

  it('has default signal dispositions', () => {
    const { stdout } = run(['grep', 'SigIgn', '/proc/self/status']);
    expect(String(stdout)).toMatch(/SigIgn:\s+0{16}\n/);
  });
});

describe.runIf(isNamespace)('a tree in a namespace', () => {
  it('dies with its outermost process', async () => {
    for (const how of ['kill', 'killTree'] as const) {
      const seconds = uniqueSeconds();
      const [file = '', ...args] = tree.wrap(['sh', '-c', stubborn(seconds)]);
      const outer = spawn(file, args, { env, stdio: 'ignore' });
      await waitFor(() => alive(seconds) === 3);
      if (how === 'kill') outer.kill('SIGKILL');
      else killTree(outer.pid ?? 0, tree.kind);
      await waitFor(() => alive(seconds) === 0, 5_000, 'the tree to die');
    }
  });

  it('dies with its program', async () => {
    const seconds = uniqueSeconds();
    expect(run(['sh', '-c', `setsid nohup sleep ${seconds} >/dev/null 2>&1 & exit 5`]).status).toBe(5);
    expect(alive(seconds)).toBe(0);
  });

  it('keeps no zombies', () => {
    const orphans = 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.05 &) ; done; sleep 0.3; cat /proc/[0-9]*/stat 2>/dev/null | grep -c " Z "';
    expect(String(run(['sh', '-c', orphans]).stdout).trim()).toBe('0');
  });
});

/** Runs argv in a terminal of script(1), which stands for the host: it holds the master side. */
async function inTerminal(
  argv: string[],
  use: (terminal: { type(keys: string): void; text(): string; pid: number; ended: Promise<number | null> }) => Promise<void>,
) {
  const dir = await tempDir();
  const quoted = tree.wrap(argv).map((part) => `'${part.replaceAll("'", `'\\''`)}'`);
  await writeFile(join(dir.path, 'run.sh'), `exec ${quoted.join(' ')}\n`);
  const host = spawn('script', ['-q', '-e', '-f', '-c', 'exec sh ./run.sh', '/dev/null'], {
    cwd: dir.path,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let text = '';
  host.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  host.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => host.on('exit', resolve));
  try {
    await use({ type: (keys) => void host.stdin.write(keys), text: () => text, pid: host.pid ?? 0, ended });
  } finally {
    host.kill('SIGKILL');
    await dir.remove();
  }
}

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

describe.runIf(hasScript)('a tree in a terminal', () => {
  it('dies when the host is killed and the terminal hangs up', async () => {
    const seconds = uniqueSeconds();
    const script = isNamespace ? stubborn(seconds) : `sleep ${seconds} & sleep ${seconds} & sleep ${seconds}`;
    await inTerminal(['sh', '-c', script], async ({ pid }) => {
      await waitFor(() => alive(seconds) === 3);
      process.kill(pid, 'SIGKILL');
      await waitFor(() => alive(seconds) === 0, 5_000, 'the tree to die');
    });
  });

  it('is interrupted by ^C and ^\\ like any program, and by these alone', async () => {
    for (const [key, code] of [
      ['\x03', 130],
      ['\x1c', 131],
    ] as const) {
      await inTerminal(['sh', '-c', 'echo ready; exec sleep 100'], async ({ type, text, ended }) => {
        await waitFor(() => text().includes('ready'));
        type('\x1a');
        await waitFor(() => text().includes('^Z'));
        type(key);
        expect(await ended).toBe(code);
      });
    }
  });

  it('has job control, sizes and a prompt that survives ^C, ^Z and ^\\', async () => {
    await inTerminal(['bash', '--norc', '--noprofile', '-i'], async ({ type, text, ended }) => {
      let seen = 0;
      const reply = async (keys: string, expected: string) => {
        type(keys);
        const at = await waitFor(() => text().indexOf(expected, seen) + 1, 5_000, `${expected} in ${JSON.stringify(text())}`);
        seen = at + expected.length - 1;
      };
      await waitFor(() => text().length > 0);
      await reply('echo one-$((1 + 1))\n', 'one-2\r\n');
      await reply('sleep 100\n', 'sleep 100\r\n');
      await reply('\x1a', 'Stopped');
      await reply('jobs\n', 'Stopped                 sleep 100\r\n');
      await reply('fg\n', 'fg\r\nsleep 100\r\n');
      await reply('\x03', '^C');
      await reply('echo code-$?\n', 'code-130\r\n');
      await reply('cat\n', 'cat\r\n');
      await reply('\x1c', '^\\');
      await reply('echo code-$?\n', 'code-131\r\n');
      await reply('\x03', '^C');
      type('\x1a\x1c');
      // These keys also discard what has been typed and not been read.
      await sleep(200);
      await reply('bash -c \'trap "echo resized; exit" WINCH; stty cols 111 rows 33; sleep 5\'; stty size\n', 'resized\r\n33 111\r\n');
      type('exit 9\n');
      expect(await ended).toBe(9);
    });
  });
});

describe('killTree', () => {
  it('hunts a process group: its session and its descendants, detached ones included', async () => {
    const seconds = uniqueSeconds();
    const leader = spawn('sh', ['-c', `setsid sleep ${seconds} & (trap '' HUP; sleep ${seconds}) & sleep ${seconds}`], {
      env,
      stdio: 'ignore',
      detached: true,
    });
    await waitFor(() => alive(seconds) === 3);
    killTree(leader.pid ?? 0, 'process-group');
    await waitFor(() => alive(seconds) === 0);
  });

  it('does nothing about a process that is gone, and refuses what is no session', () => {
    const gone = spawnSync('true').pid;
    expect(() => killTree(gone, 'pid-namespace')).not.toThrow();
    expect(() => killTree(gone, 'process-group')).not.toThrow();
    for (const pid of [0, 1, -5, Number.NaN]) expect(() => killTree(pid, 'process-group')).toThrow(RangeError);
  });
});

describe('processStartTime', () => {
  it('tells two processes apart, and is the same whenever it is asked', async () => {
    const mine = processStartTime(process.pid);
    expect(mine).toBeGreaterThan(0);
    const child = spawn('sleep', ['100']);
    await waitFor(() => processStartTime(child.pid ?? 0) !== undefined);
    expect(processStartTime(child.pid ?? 0)).toBeGreaterThanOrEqual(mine ?? 0);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(processStartTime(child.pid ?? 0)).toBeUndefined();
    expect(processStartTime(process.pid)).toBe(mine);
  });
});

it('says which wall is up in one sentence', () => {
  expect(tree.describe()).toMatch(/^[A-Z][^.]+\.$/);
});
