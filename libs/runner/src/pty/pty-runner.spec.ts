import type { Exit } from '@berth/session';
import { seededBytes, tempDir, waitFor } from '@berth/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PtyRunner, type PtyRunnerOptions } from './pty-runner.js';

/** Enough to meet a race that loses one tail in fifty. */
const EXITS = 100;
const RAW = 'stty raw -echo;';

/** A runner that notes what it hears, in order. */
function record(argv: string[], options: Partial<PtyRunnerOptions> = {}) {
  const runner = new PtyRunner({ argv, cwd: '/', env: { PATH: '/usr/bin:/bin' }, cols: 80, rows: 24, ...options });
  const chunks: Uint8Array[] = [];
  const exits: Exit[] = [];
  let late = 0;
  const start = () =>
    runner.start({
      data: (bytes) => {
        if (exits.length > 0) late++;
        chunks.push(bytes.slice());
      },
      exit: (exit) => exits.push(exit),
    });
  return {
    runner,
    start,
    output: () => Buffer.concat(chunks),
    text: () => Buffer.concat(chunks).toString(),
    ended: () => waitFor(() => exits.length > 0 && exits[0], 10_000, 'the exit'),
    exits,
    late: () => late,
  };
}

const shell = (script: string, options?: Partial<PtyRunnerOptions>) => record(['/bin/sh', '-c', script], options);
const descriptors = () => readdirSync('/proc/self/fd').length;

describe('PtyRunner', () => {
  it('delivers the last byte of a program that writes 20 KB and exits at once, and leaks no descriptor', async () => {
    const dir = await tempDir();
    const payload = Buffer.from(seededBytes(1, 0, 15_000)).toString('base64');
    await writeFile(join(dir.path, 'payload'), payload);
    let before = 0;
    for (let i = 0; i < EXITS; i++) {
      if (i === 5) before = descriptors();
      const program = shell(`${RAW} printf %s "$(cat payload)"; exit 3`, { cwd: dir.path });
      await program.start();
      expect(await program.ended()).toEqual({ exitCode: 3 });
      expect(program.text() === payload).toBe(true);
      expect(program.late()).toBe(0);
    }
    expect(descriptors()).toBe(before);
    await dir.remove();
  });

  it('loses nothing when the program ends while it is not being read', async () => {
    const payload = 'x'.repeat(3_000);
    const program = shell(`${RAW} printf %s ${payload}`);
    await program.start();
    program.runner.pause();
    await sleep(600);
    expect(program.exits).toEqual([]);
    program.runner.resume();
    await program.ended();
    expect(program.text()).toBe(payload);
  });

  it('stays paused when it is paused before or right after its start', async () => {
    for (const when of ['before', 'after', 'again'] as const) {
      const program = shell(`${RAW} printf early`);
      if (when === 'before') program.runner.pause();
      await program.start();
      if (when !== 'before') program.runner.pause();
      if (when === 'again') {
        program.runner.resume();
        program.runner.pause();
      }
      await sleep(300);
      expect([when, program.text(), program.exits]).toEqual([when, '', []]);
      program.runner.resume();
      await program.ended();
      expect(program.text()).toBe('early');
    }
  });

  it('loses nothing when the main loop is blocked while the program ends', async () => {
    const payload = 'y'.repeat(3_000);
    const program = shell(`${RAW} sleep 0.05; printf %s ${payload}`);
    await program.start();
    // Twice: the exit is noticed in between, and whatever timer it set is overdue at once.
    for (let i = 0; i < 2; i++) {
      const until = performance.now() + 400;
      while (performance.now() < until);
      await sleep(0);
    }
    await program.ended();
    expect(program.text()).toBe(payload);
  });

  it('stops the program by not reading', async () => {
    const program = shell('yes');
    await program.start();
    await waitFor(() => program.output().length > 100_000);
    program.runner.pause();
    await sleep(100);
    const paused = program.output().length;
    await sleep(200);
    expect(program.output().length).toBe(paused);
    program.runner.resume();
    await waitFor(() => program.output().length > paused + 100_000);
    program.runner.kill();
    expect(await program.ended()).toEqual({ exitCode: 0, signal: 9 });
  });

  it('writes what fits and says how much, without waiting', async () => {
    const input = seededBytes(9, 0, 1024 * 1024);
    const program = shell(`${RAW} echo ready; sleep 0.3; exec head -c ${input.length}`);
    await program.start();
    await waitFor(() => program.text().includes('ready'));
    const header = program.output().length;
    let at = program.runner.write(input);
    expect(at).toBeGreaterThan(0);
    // The kernel passes some of it on meanwhile; then it is full.
    for (let taken = at; taken > 0; at += taken) taken = program.runner.write(input.subarray(at));
    expect(at).toBeLessThan(input.length);
    await waitFor(() => {
      at += program.runner.write(input.subarray(at));
      return at === input.length;
    });
    await program.ended();
    expect(Buffer.compare(program.output().subarray(header), input)).toBe(0);
  });

  it('never touches its descriptor after the end', async () => {
    const program = shell('exit 0');
    await program.start();
    await program.ended();
    // One of these gets the number that the terminal had.
    const dir = await tempDir();
    const files = await Promise.all(Array.from({ length: 30 }, (_, i) => open(join(dir.path, String(i)), 'w')));
    const bytes = new Uint8Array(10);
    expect(program.runner.write(bytes)).toBe(bytes.length);
    expect(() => {
      program.runner.resize(100, 30);
      program.runner.pause();
      program.runner.resume();
      program.runner.kill();
    }).not.toThrow();
    for (const file of files) {
      expect((await file.stat()).size).toBe(0);
      await file.close();
    }
    await dir.remove();
  });

  it('has the size that it was given, then the one that it is given', async () => {
    const program = shell("trap 'stty size; exit 0' WINCH; stty size; while :; do sleep 0.02; done", { cols: 91, rows: 17 });
    await program.start();
    await waitFor(() => program.text().includes('17 91'));
    program.runner.resize(120, 40);
    await program.ended();
    expect(program.text()).toContain('40 120');
  });

  it('gives the program no environment but what it was given', async () => {
    const program = record(['/usr/bin/env'], { env: { ONLY: 'this', EMPTY: '' } });
    await program.start();
    await program.ended();
    expect(program.text()).toBe('ONLY=this\r\nEMPTY=\r\n');
  });

  it('tells an exit code from a signal', async () => {
    const ended = async (script: string) => {
      const program = shell(script);
      await program.start();
      return program.ended();
    };
    expect(await ended('exit 7')).toEqual({ exitCode: 7 });
    expect(await ended('kill -TERM $$')).toEqual({ exitCode: 0, signal: 15 });
  });

  it('ends a terminal that a process left behind holds open, and that process', async () => {
    const program = shell("trap '' HUP; sleep 1000 & echo $!; exit 4");
    await program.start();
    expect(await program.ended()).toEqual({ exitCode: 4 });
    const left = Number(program.text());
    expect(left).toBeGreaterThan(1);
    await waitFor(() => !isRunning(left));
  });

  it('kills through the tree that it was given', async () => {
    const killed: number[] = [];
    const program = shell('sleep 1000', {
      kill: (pid) => {
        killed.push(pid);
        process.kill(pid, 'SIGKILL');
      },
    });
    const { pid } = await program.start();
    program.runner.kill();
    await program.ended();
    expect(killed).toEqual([pid]);
  });

  it('refuses a folder or a program that is not there', async () => {
    await expect(shell('true', { cwd: '/nowhere' }).start()).rejects.toThrow();
    await expect(shell('true', { cwd: '/etc/passwd' }).start()).rejects.toThrow('folder');
    await expect(record(['/nowhere']).start()).rejects.toThrow();
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
