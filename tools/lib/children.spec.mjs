import { describe, expect, it } from 'vitest';
import { endChild, endProcesses, runStep, startChild, withMark } from './children.mjs';
import { descendants, identify, isAlive, markedProcesses } from './process-table.mjs';
import { ToolError } from './tool-error.mjs';

const stop = { race: (promise) => promise, throwIfRequested: () => {}, hurry: undefined };
const node = (script, options = {}) => startChild(process.execPath, ['-e', script], options);
const FOREVER = 'setInterval(() => {}, 1000)';
const until = async (look) => {
  while (!look()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('children', () => {
  it('ends a child that ignores SIGTERM, with what it started', async () => {
    const child = node(
      `process.on('SIGTERM', () => {}); require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}]); ${FOREVER}`,
    );
    await until(() => descendants(child.pid).length === 1);
    const tree = [child.identity, ...descendants(child.pid).map(identify)];
    await endChild(child, { graceMs: 50 });
    expect(tree.filter(isAlive)).toEqual([]);
  });

  it('never signals another process under a reused pid', async () => {
    const child = node(FOREVER);
    await endProcesses([{ pid: child.pid, started: 'another time' }], { graceMs: 10 });
    expect(isAlive(child.identity)).toBe(true);
    await endChild(child, { graceMs: 0 });
  });

  it('finds marked processes, also those that were handed the mark', async () => {
    const mark = `spec-${process.pid}`;
    const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}], { detached: true }); ${FOREVER}`;
    const child = node(script, { env: withMark(process.env, 'other', mark) });
    await until(() => markedProcesses(mark).length === 2);
    await endProcesses(markedProcesses(mark).map(identify), { graceMs: 1000 });
    expect(markedProcesses(mark)).toEqual([]);
    await child.exited;
  });

  it('says in one line what failed, with the output below it', async () => {
    const failing = runStep(process.execPath, ['-e', 'console.error("the reason"); process.exit(3)'], { stop, failure: 'it failed' });
    await expect(failing).rejects.toBeInstanceOf(ToolError);
    await expect(failing).rejects.toMatchObject({ message: 'it failed (exit code 3)', detail: 'the reason' });
  });

  it('says when a program cannot be run at all', async () => {
    await expect(runStep('/nonexistent/program', [], { stop, failure: 'it failed' })).rejects.toThrow(/^it failed: .*ENOENT/);
  });
});
