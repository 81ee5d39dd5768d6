import { SessionId, TenantId, type RunUpdate } from '@berth/protocol';
import { Session, type Exit, type SessionOptions, type SessionResult, type ViewerEvents, type ViewerRequest } from '@berth/session';
import { FakeClock, settle } from '@berth/testing';
import { EchoRunner } from '../echo/echo-runner.js';

const BASE = 5_000_000_000;
const MIB = 1024 * 1024;

type Overrides = Partial<Pick<SessionOptions, 'log' | 'offsets' | 'onClosed'>> & { runner?: EchoRunner };

/** A session around an EchoRunner, on a clock that the test turns. Everything it says is kept. */
export function openSession(overrides: Overrides = {}) {
  const clock = new FakeClock();
  const program = overrides.runner ?? new EchoRunner();
  const lease = { held: true };
  const records: SessionResult[] = [];
  const log: { end: number; bytes: Uint8Array }[] = [];
  const logOrder: string[] = [];
  const updates: RunUpdate[] = [];
  const output: Uint8Array[] = [];
  const sizes: string[] = [];
  const exits: Exit[] = [];
  const heard: string[] = [];
  let killed = false;
  const kill = program.kill.bind(program);
  program.kill = () => {
    killed = true;
    kill();
  };
  const session = new Session({
    identity: {
      tenantId: TenantId.parse(`ten_${'0'.repeat(32)}`),
      sessionId: SessionId.parse(`ses_${'0'.repeat(32)}`),
      epoch: 3,
    },
    base: BASE,
    limit: BASE + 64 * MIB,
    cols: 80,
    rows: 24,
    runner: program,
    lease: { valid: () => lease.held },
    clock,
    log: {
      append: (end, bytes, { cols, rows }) => {
        log.push({ end, bytes: bytes.slice() });
        logOrder.push(`${end - BASE} at ${cols}x${rows}`);
        return Promise.resolve('ok');
      },
      mark: ({ offset, cols, rows }) => {
        logOrder.push(`${offset - BASE} becomes ${cols}x${rows}`);
        return Promise.resolve('ok');
      },
    },
    offsets: { reserve: (limit) => Promise.resolve(limit) },
    onClosed: (result) => void records.push(result),
    ...overrides,
  });
  session.watch({
    output: (_, bytes) => output.push(bytes.slice()),
    resized: ({ cols, rows }) => sizes.push(`${cols}x${rows}`),
    state: (update) => updates.push(update),
  });
  const viewerEvents: ViewerEvents = {
    inputAck: (seq) => heard.push(`ack ${seq}`),
    reject: (seq, code) => heard.push(`reject ${seq} ${code}`),
    closed: (code) => heard.push(`closed ${code}`),
  };
  /** Lets `count` milliseconds pass, with a turn of the event loop in each. */
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await settle();
      clock.advance(1);
    }
    await settle();
  };
  const finish = async () => {
    let result: SessionResult | undefined;
    void session.finished.then((value) => (result = value));
    for (let i = 0; result === undefined && i < 30_000; i++) await turns(1);
    if (result === undefined) throw new Error('the session did not finish');
    return result;
  };
  return {
    session,
    program,
    clock,
    lease,
    base: BASE,
    records,
    updates,
    sizes,
    exits,
    heard,
    viewerEvents,
    viewer: (clientId: string): ViewerRequest => ({ principal: 'usr', clientId, mayDrive: true, wantsDrive: true, cols: 80, rows: 24 }),
    output: () => Buffer.concat(output),
    log,
    /** What the log was given, offsets from the base on. */
    logOrder,
    logged: () => Buffer.concat(log.map(({ bytes }) => bytes)),
    killed: () => killed,
    turns,
    finish,
  };
}
