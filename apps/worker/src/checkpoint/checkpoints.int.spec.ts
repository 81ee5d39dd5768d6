import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SessionId } from '@berth/protocol';
import { connectLog, ScreenStore } from '@berth/log';
import { differences, Viewer } from '@berth/screen/testing';
import { seededRandom, waitFor } from '@berth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { descendants } from '../process-table.js';
import { lateTerminal } from '../testing/late-terminal.js';
import type { LateTerminal } from '../testing/late-terminal.js';
import { tcpProxy } from '../testing/tcp-proxy.js';
import { WorkerLab } from '../testing/worker-lab.js';
import type { WorkerProcess } from '../testing/worker-lab.js';

const MIB = 1024 * 1024;
/** The small log of the test flag, and what may lie in the ring besides. */
const LOG_BYTES = 32 * 1024;
const GAVE_UP = 'output goes on without checkpoints: late viewers have a gap';
const REDIS = process.env['BERTH_TEST_REDIS_URL'] ?? '';

/** Lines in colours, and now and then what a screen must carry: margins, another screen, a saved cursor, a mode. */
function colourfulOutput(seed: number, bytes: number): Buffer {
  const random = seededRandom(seed);
  let text = '';
  while (text.length < bytes) {
    text += `\x1b[3${random.int(0, 8)}mline ${random.int(0, 1e9)} \u8a9e ${'.'.repeat(random.int(0, 90))}\x1b[m\r\n`;
    if (random.chance(0.02))
      text += random.pick(['\x1b[3;20r', '\x1b[r', '\x1b[?1049h', '\x1b[?1049l', '\x1b[5;5H\x1b7', '\x1b8', '\x1b[?7l', '\x1b[?7h']);
  }
  return Buffer.from(text);
}

describe('the checkpoints of a worker', () => {
  let lab: WorkerLab;
  let redis: ReturnType<typeof connectLog>;
  let screens: ScreenStore;
  let worker: WorkerProcess;
  const pipes: FileHandle[] = [];
  beforeAll(async () => {
    lab = await WorkerLab.open();
    redis = connectLog(REDIS);
    screens = new ScreenStore(redis);
    await waitFor(() => redis.status === 'ready');
    worker = await start();
  });
  afterEach(() => Promise.all(pipes.splice(0).map((pipe) => pipe.close())));
  afterAll(async () => {
    redis.disconnect();
    await lab.close();
  });

  const start = (env: Record<string, string> = {}): Promise<WorkerProcess> => lab.start('lab', { BERTH_TEST_FLAGS: 'small-log', ...env });
  const sessionOf = (sessionId: SessionId) => ({ tenantId: lab.tenantId, sessionId, runs: [{ epoch: 1, base: 0, end: null }] });
  const late = (sessionId: SessionId): Promise<LateTerminal> => lateTerminal(redis, sessionOf(sessionId));
  const logBytes = async (sessionId: SessionId): Promise<number> => {
    const entries = await redis.xrangeBuffer(`log:{${lab.tenantId}:${sessionId}}:1`, '-', '+');
    return entries.reduce((sum, [, fields]) => sum + (fields[1]?.length ?? 0), 0);
  };

  /** A session that writes exactly what it is given, and a terminal that sees all of it. */
  async function writing(): Promise<{ id: SessionId; whole: Viewer; say(output: Buffer): Promise<void> }> {
    const fifo = join(lab.folder.path, `fifo-${randomUUID()}`);
    await promisify(execFile)('mkfifo', [fifo]);
    const id = await lab.running(['sh', '-c', `stty raw -echo; cat ${fifo}; exec sleep 1000`]);
    const pipe = await open(fifo, 'w');
    pipes.push(pipe);
    const whole = new Viewer({ cols: 80, rows: 24, scrollback: 1_000 });
    const say = async (output: Buffer): Promise<void> => {
      whole.write(output);
      await pipe.writeFile(output);
    };
    return { id, whole, say };
  }

  const logEnd = async (id: SessionId): Promise<number> => {
    const [newest] = await redis.xrevrange(`log:{${lab.tenantId}:${id}}:1`, '+', '-', 'COUNT', 1);
    return Number(newest?.[0].split('-')[0] ?? 0);
  };

  /** What somebody sees who comes when all of it is in the log. */
  async function logged(id: SessionId, bytes: number): Promise<LateTerminal> {
    await waitFor(async () => (await logEnd(id)) === bytes, 30_000, `${bytes} bytes in the log`);
    return late(id);
  }

  /** The checkpoint process: what the worker has started besides its guardian and its sessions. */
  const checkpointPid = (): number => {
    const ours = lab.processes('checkpoint/dist/child/main.js');
    return descendants(worker.pid).find(({ pid }) => ours.includes(pid))?.pid ?? 0;
  };
  const checkpointProcess = (besides = 0): Promise<number> =>
    waitFor(() => checkpointPid() !== besides && checkpointPid(), 10_000, 'a checkpoint process') as Promise<number>;

  const checkpointNear = (id: SessionId, end: number): Promise<unknown> =>
    waitFor(async () => ((await screens.newest(sessionOf(id)))?.offset ?? 0) > end - LOG_BYTES, 20_000, `a checkpoint near ${end}`);

  it('cost nothing while a session stays within its log', async () => {
    const { id, whole, say } = await writing();
    const output = colourfulOutput(2, LOG_BYTES / 2);
    await say(output);
    const found = await logged(id, output.length);
    expect([found.screenAt, found.missing]).toEqual([undefined, 0]);
    expect(differences(whole, found.terminal)).toEqual([]);
    expect(checkpointPid()).toBe(0);
  });

  it('keep the log small, and give whoever comes late the same terminal as somebody who saw everything', async () => {
    const { id, whole, say } = await writing();
    let end = 0;
    for (let part = 0; part < 4; part++) {
      const output = colourfulOutput(part, 300_000);
      await say(output);
      end += output.length;
      const { terminal, missing } = await logged(id, end);
      expect(missing).toBe(0);
      expect(differences(whole, terminal), `after part ${part}`).toEqual([]);
      await checkpointNear(id, end);
    }
    await say(Buffer.from('the end'));
    const found = await logged(id, end + 'the end'.length);
    expect(found.screenAt).toBeGreaterThan(end - LOG_BYTES);
    expect(differences(whole, found.terminal)).toEqual([]);
    expect(await logBytes(id)).toBeLessThan(4 * LOG_BYTES);
  });

  it('go on after their process was killed again and again, and lose nothing', async () => {
    const { id, whole, say } = await writing();
    let [end, killed] = [0, 0];
    for (let kill = 0; kill < 3; kill++) {
      const output = colourfulOutput(kill, 200_000);
      end += output.length;
      await say(output);
      killed = await checkpointProcess(killed);
      process.kill(killed, 'SIGKILL');
    }
    await logged(id, end);
    await checkpointNear(id, end);
    const found = await late(id);
    expect(worker.lines('the checkpoint process died; the next fold starts another')).toHaveLength(3);
    expect(worker.lines(GAVE_UP)).toEqual([]);
    expect(found.missing).toBe(0);
    expect(differences(whole, found.terminal)).toEqual([]);
  });

  it('do not freeze a program when their process stands still: late viewers then have a gap, and later none', async () => {
    const { id, whole, say } = await writing();
    const [before, meanwhile] = [colourfulOutput(4, 200_000), colourfulOutput(5, 5 * MIB)];
    await say(before);
    const child = await checkpointProcess();
    process.kill(child, 'SIGSTOP');
    await say(meanwhile);
    const end = before.length + meanwhile.length;
    await logged(id, end);
    expect(worker.lines(GAVE_UP).length).toBeGreaterThan(0);
    expect((await late(id)).missing).toBeGreaterThan(MIB);
    process.kill(child, 'SIGCONT');
    await checkpointNear(id, end);
    await say(Buffer.from('\x1bc from now on'));
    const found = await logged(id, end + '\x1bc from now on'.length);
    expect(found.missing).toBe(0);
    expect(differences(whole, found.terminal)).toEqual([]);
  });

  it('do not freeze a program while Redis is away', async () => {
    const target = new URL(REDIS);
    const proxy = await tcpProxy({ host: target.hostname, port: Number(target.port) });
    const through = new URL(REDIS);
    through.host = `127.0.0.1:${String(proxy.port)}`;
    await lab.endWorkers();
    await start({ REDIS_URL: through.href });
    const done = join(lab.folder.path, 'done');
    const file = join(lab.folder.path, 'output');
    await writeFile(file, colourfulOutput(6, 8 * MIB));
    const id = await lab.running(['sh', '-c', `stty raw -echo; cat ${file}; touch ${done}; exec sleep 1000`]);
    await waitFor(async () => (await logEnd(id)) > 4 * LOG_BYTES, 20_000, 'output in the log');
    proxy.cut();
    await waitFor(() => existsSync(done), 20_000, 'the program’s end');
    proxy.mend();
    await waitFor(async () => (await logEnd(id)) > 7 * MIB, 10_000, 'the end of its output in the log');
    await proxy.close();
  });
});
