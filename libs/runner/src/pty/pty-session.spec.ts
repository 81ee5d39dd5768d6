import { Session, type Clock, type SessionResult } from '@berth/session';
import { SessionId, TenantId } from '@berth/protocol';
import { seededBytes, waitFor } from '@berth/testing';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PtyRunner } from './pty-runner.js';

const clock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** A session around a real program in a real terminal, with a log that is always there. */
function open(script: string) {
  const output: Uint8Array[] = [];
  const logged: Uint8Array[] = [];
  const source = {};
  const session: Session = new Session({
    identity: { tenantId: TenantId.parse(`ten_${'0'.repeat(32)}`), sessionId: SessionId.parse(`ses_${'0'.repeat(32)}`), epoch: 1 },
    base: 0,
    limit: 64 * 1024 * 1024,
    cols: 80,
    rows: 24,
    runner: new PtyRunner({
      argv: ['/bin/sh', '-c', `stty raw -echo; ${script}`],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      cols: 80,
      rows: 24,
    }),
    log: {
      append: (_, bytes) => {
        logged.push(bytes.slice());
        return Promise.resolve('ok');
      },
      mark: () => Promise.resolve('ok'),
    },
    offsets: { reserve: (limit) => Promise.resolve(limit) },
    lease: { valid: () => true },
    clock,
    onClosed: () => undefined,
  });
  const follow = () =>
    session.watch({
      output: (offset, bytes) => {
        output.push(bytes.slice());
        session.acknowledge(source, offset + bytes.length);
      },
      resized: () => undefined,
      state: () => undefined,
    });
  const acks: number[] = [];
  const attach = () =>
    session.attach(
      { principal: 'usr', clientId: 'a', mayDrive: true, wantsDrive: true, cols: 80, rows: 24 },
      { inputAck: (seq) => acks.push(seq), reject: () => acks.push(-1), closed: () => undefined },
    );
  return { session, follow, attach, acks, source, output: () => Buffer.concat(output), logged: () => Buffer.concat(logged) };
}

describe('a session with a real program', () => {
  it('has every byte of a program that writes and exits at once, in its output and its log', async () => {
    const payload = Buffer.from(seededBytes(2, 0, 15_000)).toString('base64');
    for (let i = 0; i < 30; i++) {
      const run = open(`printf %s "${payload}"; exit 3`);
      run.follow();
      await run.session.start();
      const result: SessionResult = await run.session.finished;
      expect(result).toEqual({ reason: 'exited', exitCode: 3, end: payload.length, logEnd: payload.length, fenced: false });
      expect(run.output().toString() === payload).toBe(true);
      expect(run.logged().toString() === payload).toBe(true);
    }
  });

  it('carries a thousand numbered bursts to the program and back, each once and in order', async () => {
    const run = open('printf R; exec cat');
    run.follow();
    await run.session.start();
    await waitFor(() => run.output().length === 1);
    const bursts = Array.from({ length: 1_000 }, (_, i) => `<${i + 1}${'.'.repeat(i % 50)}>`);
    const attachment = run.attach();
    for (const [i, burst] of bursts.entries()) attachment.input(i + 1, Buffer.from(burst));
    const expected = `R${bursts.join('')}`;
    await waitFor(() => run.output().length >= expected.length);
    expect(run.output().toString()).toBe(expected);
    expect(run.acks).toEqual(bursts.map((_, i) => i + 1));
    run.session.close('cancelled');
    expect(await run.session.finished).toMatchObject({ reason: 'cancelled', exitCode: 137 });
  });

  it('keeps a large paste for a program that reads late', async () => {
    const paste = seededBytes(4, 0, 900 * 1024);
    const run = open(`printf R; sleep 0.4; exec head -c ${paste.length}`);
    run.follow();
    await run.session.start();
    await waitFor(() => run.output().length === 1);
    run.attach().input(1, paste);
    expect(run.acks).toEqual([1]);
    await run.session.finished;
    expect(Buffer.compare(run.output().subarray(1), paste)).toBe(0);
  });

  it('closes the terminal of a run that is fenced while its program is held', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const run = open('exec yes');
    run.session.acknowledge(run.source, 0);
    await run.session.start();
    // Where viewers hold a program.
    await waitFor(() => run.session.head >= 384 * 1024);
    run.session.fence();
    expect(await run.session.finished).toMatchObject({ fenced: true });
    const { head } = run.session;
    await waitFor(() => readdirSync('/proc/self/fd').length === before);
    expect(run.session.head).toBe(head);
  });

  it('ends a flood that nobody reads', async () => {
    const run = open('exec yes');
    run.session.acknowledge(run.source, 0);
    await run.session.start();
    await waitFor(() => run.session.head > 300_000);
    run.session.close('drained');
    expect(await run.session.finished).toMatchObject({ reason: 'drained', exitCode: 137, end: run.session.head, logEnd: run.session.head });
  });
});
