import type { RunUpdate } from '@berth/protocol';
import type { SessionResult } from '@berth/session';
import { seededBytes } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { EchoRunner } from './echo-runner.js';
import { openSession } from '../testing/open-session.js';

const states = (updates: RunUpdate[]) => updates.map(({ state }) => state);

describe('a session from start to end', () => {
  it('runs, exits and closes in order: last byte, log, record, closed', async () => {
    const order: string[] = [];
    const run = openSession({
      onClosed: async (result) => {
        order.push(`record ${result.reason}`);
        await Promise.resolve();
      },
      log: {
        append: (end) => {
          order.push(`log ${end}`);
          return Promise.resolve('ok');
        },
        mark: () => Promise.resolve('ok'),
      },
    });
    run.session.watch({
      output: (offset, bytes) => order.push(`output ${offset + bytes.length}`),
      resized: () => undefined,
      state: ({ state, closeReason, exitCode }) =>
        order.push([state, closeReason, exitCode].filter((part) => part !== undefined).join(' ')),
    });
    expect(run.session.state).toEqual({ epoch: 3, state: 'starting' });
    await run.session.start();
    run.program.print(seededBytes(1, 0, 100_000));
    run.program.exit({ exitCode: 7 });
    const result = await run.finish();
    const at = (step: string) => order.indexOf(step);
    expect(order.filter((step) => !step.startsWith('log'))).toEqual([
      'running',
      `output ${run.base + 65_536}`,
      `output ${run.base + 100_000}`,
      'closing exited 7',
      'record exited',
      'closed exited 7',
    ]);
    expect(at(`log ${run.base + 100_000}`)).toBeGreaterThan(at('closing exited 7'));
    expect(at(`log ${run.base + 100_000}`)).toBeLessThan(at('record exited'));
    expect(result).toEqual({ reason: 'exited', exitCode: 7, end: run.base + 100_000, logEnd: run.base + 100_000, fenced: false });
    expect(run.clock.pending).toBe(0);
  });

  it('keeps the first reason and records it once', async () => {
    const run = openSession();
    await run.session.start();
    run.session.close('cancelled');
    run.session.close('drained');
    run.program.exit({ exitCode: 0 });
    const result = await run.finish();
    expect(result).toMatchObject({ reason: 'cancelled', exitCode: 137, fenced: false });
    run.session.close('idle');
    await run.turns(5);
    expect(run.records).toEqual([result]);
    expect(states(run.updates)).toEqual(['running', 'closing', 'closed']);
    expect(run.session.state).toEqual({ epoch: 3, state: 'closed', closeReason: 'cancelled', exitCode: 137 });
  });

  it('says start_failed when the program cannot be started', async () => {
    const runner = new EchoRunner();
    runner.start = () => Promise.reject(new Error('no such program'));
    const run = openSession({ runner });
    expect(await run.session.start()).toEqual({});
    expect(await run.finish()).toEqual({ reason: 'start_failed', end: run.base, logEnd: run.base, fenced: false });
  });

  it('closes before it has started, and then does not start', async () => {
    const run = openSession();
    run.session.close('cancelled');
    expect(await run.finish()).toMatchObject({ reason: 'cancelled', end: run.base });
    expect(await run.session.start()).toEqual({});
    expect(states(run.updates)).toEqual(['closing', 'closed']);
  });

  it('closes while it starts: the program is killed as soon as it is there', async () => {
    const runner = new EchoRunner();
    let started: () => void = () => undefined;
    const start = runner.start.bind(runner);
    runner.start = (events) => new Promise<void>((resolve) => (started = resolve)).then(() => start(events));
    // Before the program is there, there is nothing to kill.
    const kill = runner.kill.bind(runner);
    let running = false;
    runner.kill = () => running && kill();
    const run = openSession({ runner });
    const starting = run.session.start();
    run.session.close('drained');
    await run.turns(3);
    running = true;
    started();
    await starting;
    expect(await run.finish()).toMatchObject({ reason: 'drained', exitCode: 137 });
    expect(states(run.updates)).toEqual(['closing', 'closed']);
  });

  it('closes although nobody reads its output', async () => {
    const run = openSession();
    await run.session.start();
    run.session.acknowledge({}, run.base);
    run.program.flood(8 * 1024 * 1024, (offset, length) => seededBytes(1, offset, length));
    await run.turns(50);
    expect(run.session.head).toBeLessThan(run.base + 1024 * 1024);
    const before = run.clock.now();
    run.session.close('cancelled');
    expect(await run.finish()).toMatchObject({ reason: 'cancelled', exitCode: 137, end: run.session.head });
    expect(run.clock.now() - before).toBeLessThan(500);
  });

  it('gives up a program that cannot be killed, and ignores what it says later', async () => {
    const runner = new EchoRunner();
    runner.kill = () => undefined;
    const run = openSession({ runner });
    await run.session.start();
    run.session.close('cancelled');
    const result = await run.finish();
    expect(result).toMatchObject({ reason: 'cancelled' });
    expect(result).not.toHaveProperty('exitCode');
    runner.print(seededBytes(1, 0, 10));
    runner.exit({ exitCode: 0 });
    await run.turns(5);
    expect(run.session.head).toBe(run.base);
  });

  it('waits a bounded time for a log that is away, and says how far it got', async () => {
    const run = openSession({ log: { append: () => Promise.reject(new Error('away')), mark: () => Promise.resolve('ok') } });
    await run.session.start();
    run.program.print(seededBytes(1, 0, 50));
    run.program.exit({ exitCode: 0 });
    const before = run.clock.now();
    expect(await run.finish()).toMatchObject({ end: run.base + 50, logEnd: run.base });
    expect(run.clock.now() - before).toBeLessThan(6_000);
  });

  it('is closed for its viewers even if the close cannot be recorded', async () => {
    const failing = openSession({ onClosed: () => Promise.reject(new Error('away')) });
    await failing.session.start();
    failing.session.close('cancelled');
    expect(await failing.finish()).toMatchObject({ reason: 'cancelled' });

    const hanging = openSession({ onClosed: () => new Promise<void>(() => undefined) });
    await hanging.session.start();
    hanging.session.close('cancelled');
    expect(await hanging.finish()).toMatchObject({ reason: 'cancelled' });
    expect(hanging.session.state.state).toBe('closed');
  });
});

describe('a session that has lost its lease', () => {
  const silent = async (act: (run: ReturnType<typeof openSession>) => void) => {
    const run = openSession();
    await run.session.start();
    run.session.attach(run.viewer('a'), run.viewerEvents).input(1, seededBytes(1, 0, 5));
    await run.turns(40);
    const before = { head: run.session.head, output: run.output(), logged: run.logged(), updates: run.updates.length };
    run.lease.held = false;
    act(run);
    await run.turns(100);
    const result: SessionResult = await run.finish();
    expect(result).toMatchObject({ reason: 'host_lost', fenced: true });
    expect(run.killed() || run.program.hasEnded).toBe(true);
    expect({ head: run.session.head, output: run.output(), logged: run.logged(), updates: run.updates.length }).toEqual(before);
    expect(run.records).toEqual([]);
    expect(run.clock.pending).toBe(0);
  };

  it('emits no output', () => silent((run) => run.program.print(seededBytes(1, 0, 100))));
  it('emits none after having been stopped past its lease', () =>
    silent((run) => {
      run.program.print(seededBytes(1, 0, 100));
      run.clock.sleep(120_000);
    }));
  it('writes no input', () => silent((run) => run.session.attach(run.viewer('b'), run.viewerEvents).input(1, seededBytes(1, 0, 100))));
  it('takes no size', () => silent((run) => run.session.attach(run.viewer('b'), run.viewerEvents).resize(99, 33)));
  it('records no close', () => silent((run) => run.session.close('cancelled')));
  it('records no exit', () => silent((run) => run.program.exit({ exitCode: 0 })));

  it('logs nothing that waited', async () => {
    const run = openSession();
    await run.session.start();
    run.program.print(seededBytes(1, 0, 100));
    await run.turns(2);
    expect(run.session.head).toBe(run.base + 100);
    run.lease.held = false;
    await run.turns(100);
    expect(run.logged()).toHaveLength(0);
    expect(await run.finish()).toMatchObject({ fenced: true, end: run.base + 100, logEnd: run.base });
  });

  it('falls silent in the middle of telling its listeners', async () => {
    const run = openSession();
    const heard: number[] = [];
    run.session.watch({ output: () => run.session.fence(), resized: () => undefined, state: () => undefined });
    run.session.watch({ output: (offset) => heard.push(offset), resized: () => undefined, state: () => undefined });
    await run.session.start();
    run.program.print(seededBytes(1, 0, 100));
    await run.finish();
    expect(heard).toEqual([]);
  });

  it('does not start', async () => {
    const run = openSession();
    run.lease.held = false;
    expect(await run.session.start()).toEqual({});
    expect(await run.finish()).toMatchObject({ fenced: true });
  });

  it('learns it from a sealed log', async () => {
    const run = openSession({ log: { append: () => Promise.resolve('fenced'), mark: () => Promise.resolve('ok') } });
    await run.session.start();
    run.program.print(seededBytes(1, 0, 100));
    expect(await run.finish()).toMatchObject({ fenced: true });
    expect(run.killed()).toBe(true);
  });

  it('stays closed when it is fenced after the end', async () => {
    const run = openSession();
    await run.session.start();
    run.session.close('cancelled');
    await run.finish();
    run.session.fence();
    expect(await run.session.finished).toMatchObject({ fenced: false });
  });
});
