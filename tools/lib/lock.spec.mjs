import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock } from './lock.mjs';

let folder;
let path;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-lock-'));
  path = join(folder, 'start.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('lock', () => {
  it('is held by one, who can be read, until it is released', () => {
    const first = tryLock(path, { address: 'http://here' });
    expect(tryLock(path).holder).toMatchObject({ process: { pid: process.pid }, address: 'http://here' });
    first.release();
    expect(tryLock(path).release).toBeTypeOf('function');
  });

  it('passes from a dead process, also when its pid was given to another', () => {
    writeFileSync(`${path}.7`, JSON.stringify({ process: { pid: process.pid, started: 'long ago' } }));
    expect(tryLock(path).release).toBeTypeOf('function');
    expect(readdirSync(folder)).toEqual(['start.lock.8']);
  });

  it('does not take half a file for a holder', () => {
    writeFileSync(`${path}.1`, '{"proc');
    expect(tryLock(path).release).toBeTypeOf('function');
  });

  it('has one winner when many processes find it stale at once', async () => {
    const contender = join(folder, 'contender.mjs');
    const lockModule = fileURLToPath(new URL('./lock.mjs', import.meta.url));
    writeFileSync(
      contender,
      `import { tryLock } from ${JSON.stringify(lockModule)};
       setInterval(() => {}, 1000);
       process.send('up');
       process.once('message', () => process.send(tryLock(${JSON.stringify(path)}).release ? 'won' : 'lost'));`,
    );
    for (let round = 0; round < 3; round++) {
      const children = Array.from({ length: 8 }, () => fork(contender));
      const next = (child) => new Promise((resolve) => child.once('message', resolve));
      await Promise.all(children.map(next));
      const answers = children.map(next);
      for (const child of children) child.send('go');
      const outcomes = await Promise.all(answers);
      expect(outcomes.filter((each) => each === 'won')).toHaveLength(1);
      // SIGKILL: the next round finds what a killed start leaves.
      await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve) && child.kill('SIGKILL'))));
    }
  });
});
