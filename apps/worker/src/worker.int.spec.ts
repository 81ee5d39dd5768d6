import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionId } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processEntry } from './process-table.js';
import { tcpProxy } from './testing/tcp-proxy.js';
import { WorkerLab } from './testing/worker-lab.js';

/** A shell that ignores the hang-up, with a child of its own, one that has left its terminal and one that has left it twice. */
const family = (token: string): string[] => [
  'sh',
  '-c',
  `trap '' HUP; setsid nohup sleep 1000.${token} >/dev/null 2>&1 & (setsid sh -c 'setsid sleep 2000.${token} & wait' &) ; sleep 3000.${token} & echo ready; wait; sleep 4000.${token}`,
];
const digits = (): string => String(Math.floor(Math.random() * 1e9));

describe('a worker', () => {
  let lab: WorkerLab;
  beforeAll(async () => {
    lab = await WorkerLab.open();
  });
  afterEach(() => lab.endWorkers());
  afterAll(() => lab.close());

  it('runs a queued session to its end: output in the log, exit code and exact end in the store', async () => {
    await lab.start();
    const id = await lab.queue(['sh', '-c', 'printf hello; exit 7']);
    const row = await lab.when(id, ({ status }) => status === 'closed', 'the end');
    expect(row).toMatchObject({ epoch: 1, state: 'closed', close_reason: 'exited', exit_code: 7, base: '0', end: '5', offset_limit: '5' });
    expect(await lab.output(id)).toBe('hello');
  });

  it('starts Claude Code where no command is given, at its prompt in the session’s workspace, and says who answers', async () => {
    await lab.start('lab', { BERTH_MODEL: 'scripted' });
    const id = await lab.running([]);
    await waitFor(async () => (await lab.output(id)).includes('❯'), 20_000, 'the prompt');
    const output = await lab.output(id);
    expect(output.indexOf('berth: the scripted model answers here')).toBe('\x1b[2m'.length);
    expect(output).toContain('add an API key');
    expect(output).toContain(`workspaces/${id}`);
    await lab.ask(id, 'closed');
    expect(await lab.when(id, ({ status }) => status === 'closed', 'the close', 8_000)).toMatchObject({ close_reason: 'cancelled' });
    // It goes right after the close has been recorded.
    await waitFor(async () => (await readdir(join(lab.folder.path, 'data', 'run'))).length === 0, 5_000, 'the end of the run’s folder');
  });

  it('gives a session its own folder and nothing of its own environment', async () => {
    await lab.start('lab', { BERTH_CANARY: 'canary-1', ANTHROPIC_API_KEY: 'canary-2' });
    const id = await lab.queue(['sh', '-c', 'env; pwd; stat -c %a .']);
    await lab.when(id, ({ status }) => status === 'closed', 'the end');
    const output = await lab.output(id);
    expect(output).not.toMatch(/canary|DATABASE_URL|REDIS_URL|BERTH_SECRET|NODE_CHANNEL/);
    expect(output).toContain('TERM=xterm-256color');
    expect(output).toContain(`BERTH_SESSION_ID=${id}`);
    expect(output).toContain(`${lab.folder.path}/data/workspaces/${id}\r\n700`);
  });

  it('says in the output why a program cannot be started, and closes the session', async () => {
    await lab.start();
    const id = await lab.queue(['no-such-program-here', 'argument']);
    const row = await lab.when(id, ({ status }) => status === 'closed', 'the end');
    expect(row.close_reason).toBe('start_failed');
    expect(await lab.output(id)).toContain('cannot start "no-such-program-here": no such program');
  });

  it('T47: gives neither a session nor its guardian a key of the model', async () => {
    const worker = await lab.start('lab', { ANTHROPIC_API_KEY: 'canary-model-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' });
    const id = await lab.queue(['sh', '-c', 'env; cat /proc/*/environ /proc/*/cmdline']);
    await lab.when(id, ({ status }) => status === 'closed', 'the end');
    expect(await lab.output(id)).toMatch(/ANTHROPIC_AUTH_TOKEN=/);
    expect(await lab.output(id)).not.toContain('canary');
    const { guardianPid } = await worker.whenReady();
    const environment = readFileSync(`/proc/${String(guardianPid)}/environ`, 'latin1');
    expect(environment).not.toMatch(/canary|ANTHROPIC_|BERTH_SECRET|DATABASE_URL|REDIS_URL/);
    expect(environment).toContain('PATH=');
    expect(worker.log()).not.toContain('canary');
  });

  it('removes the folders of a session that was deleted, when its bell rings and after a restart', async () => {
    await lab.start();
    const [first, second] = [await lab.queue(['true']), await lab.queue(['true'])];
    for (const id of [first, second]) await lab.when(id, ({ status }) => status === 'closed', 'the end');
    const kept = async () => [
      ...(await readdir(join(lab.folder.path, 'data', 'workspaces'))),
      ...(await readdir(join(lab.folder.path, 'data', 'sessions'))),
    ];
    const has = async (id: SessionId) => (await kept()).filter((name) => name === id).length;
    expect([await has(first), await has(second)]).toEqual([2, 2]);
    await lab.forget(first);
    await lab.ring(first);
    await waitFor(async () => (await has(first)) === 0, 5_000, 'the removal');
    expect(await has(second)).toBe(2);
    await lab.endWorkers();
    await lab.forget(second);
    await lab.start();
    await waitFor(async () => (await has(second)) === 0, 5_000, 'the removal');
  });

  it('T4: starts a session in a folder below a root, and nowhere else', async () => {
    const root = join(lab.folder.path, 'roots');
    await mkdir(join(root, 'project'), { recursive: true });
    await symlink('/etc', join(root, 'link'));
    await lab.start('lab', { BERTH_WORKSPACE_ROOTS: root });
    const inside = await lab.queue(['sh', '-c', 'pwd; echo "$BERTH_WORKSPACE"'], join(root, 'project'));
    const outside = await Promise.all(['/etc', join(root, 'link'), join(root, '..', 'data')].map((path) => lab.queue(['pwd'], path)));
    expect(await lab.when(inside, ({ status }) => status === 'closed', 'the end')).toMatchObject({ close_reason: 'exited' });
    expect(await lab.output(inside)).toBe(`${root}/project\r\n${root}/project\r\n`);
    for (const id of outside) {
      expect(await lab.when(id, ({ status }) => status === 'closed', 'the end')).toMatchObject({ close_reason: 'start_failed' });
      expect(await lab.output(id)).toContain('outside of BERTH_WORKSPACE_ROOTS');
    }
    await lab.forget(inside);
    await lab.ring(inside);
    await waitFor(async () => !(await readdir(join(lab.folder.path, 'data', 'sessions'))).includes(inside), 5_000, 'the removal');
    expect(await readdir(root)).toEqual(['link', 'project']);
  });

  it('suspends: hangs up first, and kills after a grace', async () => {
    await lab.start();
    const polite = await lab.running(['sh', '-c', "trap 'echo hung up; exit 3' HUP; while :; do sleep 0.1; done"]);
    const stubborn = await lab.running(['sh', '-c', "trap '' HUP; while :; do sleep 0.1; done"]);
    await Promise.all([lab.ask(polite, 'suspended'), lab.ask(stubborn, 'suspended')]);
    expect(await lab.when(polite, ({ status }) => status === 'suspended', 'the suspension')).toMatchObject({
      close_reason: 'suspended',
      exit_code: 3,
    });
    expect(await lab.output(polite)).toContain('hung up');
    await lab.when(stubborn, ({ status }) => status === 'suspended', 'the suspension', 8_000);
  });

  it('leaves no process of a session when it is killed, and its guardian reports at once', async () => {
    const worker = await lab.start();
    const token = digits();
    const id = await lab.running(family(token));
    await waitFor(() => lab.processes(token).length >= 4, 5_000, 'the family');
    const { guardianPid } = await worker.whenReady();
    worker.child.kill('SIGKILL');
    await waitFor(() => lab.processes(token).length === 0, 5_000, 'the end of the family');
    const row = await lab.when(id, ({ state }) => state === 'closed', 'the report', 5_000);
    expect(row).toMatchObject({ status: 'suspended', close_reason: 'host_lost' });
    await lab.when(id, ({ end }) => end !== null, 'the seal', 5_000);
    await waitFor(() => processEntry(guardianPid) === undefined, 12_000, 'the end of the guardian');
  });

  it('is survived by nothing when its guardian is killed: sessions die, it exits, the next incarnation works', async () => {
    const worker = await lab.start();
    const token = digits();
    const id = await lab.running(family(token));
    const { guardianPid } = await worker.whenReady();
    process.kill(guardianPid, 'SIGKILL');
    expect((await worker.exited).code).toBe(1);
    await waitFor(() => lab.processes(token).length === 0, 5_000, 'the end of the family');
    expect(await lab.when(id, ({ state }) => state === 'closed', 'the report', 2_000)).toMatchObject({ close_reason: 'host_lost' });
    await lab.start();
    await lab.when(await lab.queue(['true']), ({ status }) => status === 'closed', 'a session on the next incarnation');
  });

  it('kills the sessions of a stopped host while it is stopped; resumed, it is fenced and can write nothing', async () => {
    const worker = await lab.start('lab', { BERTH_TEST_FLAGS: 'zombie-writes' });
    const token = digits();
    const id = await lab.running(['sh', '-c', `echo first; exec sleep 1000.${token}`]);
    await waitFor(async () => (await lab.output(id)).includes('first'), 3_000, 'the output');
    const viewer = await lab.watch(worker, id);
    await waitFor(() => viewer.text() === 'first\r\n', 3_000, 'the output at the viewer');
    worker.child.kill('SIGSTOP');
    await waitFor(() => lab.processes(token).length === 0, 10_000, 'the kill at the deadline');
    expect(processEntry(worker.pid)).toBeDefined();
    await lab.when(id, ({ end }) => end !== null, 'the seal', 5_000);
    await sleep(1_500);
    worker.child.kill('SIGCONT');
    expect((await worker.exited).code).toBe(1);
    expect(worker.lines('fenced')).toMatchObject([{ sessionId: id, epoch: 1, cause: 'deadline' }]);
    const outcomes = Object.fromEntries(worker.lines('zombie write').map(({ attempt, outcome }) => [attempt, outcome]));
    expect(outcomes).toEqual({ row: 'lease_lost', log: 'fenced', output: 'refused' });
    expect(await lab.output(id)).toBe('first\r\n');
    expect(viewer.text()).toBe('first\r\n');
    viewer.close();
  });

  it('without its fence a resumed host writes to everybody: the negative control', async () => {
    const worker = await lab.start('lab', { BERTH_TEST_FLAGS: 'zombie-writes,no-fence' });
    const id = await lab.running(['sh', '-c', 'echo first; exec sleep 1000']);
    const viewer = await lab.watch(worker, id);
    await waitFor(() => viewer.text() === 'first\r\n', 3_000, 'the output at the viewer');
    worker.child.kill('SIGSTOP');
    await lab.when(id, ({ state }) => state === 'closed', 'the close by the guardian', 10_000);
    worker.child.kill('SIGCONT');
    await worker.exited;
    const outcomes = Object.fromEntries(worker.lines('zombie write').map(({ attempt, outcome }) => [attempt, outcome]));
    expect(outcomes).toMatchObject({ row: 'ok', output: 'emitted' });
    expect(viewer.text()).toBe('first\r\nZ');
    expect(worker.lines('fenced')).toEqual([]);
    viewer.close();
  });

  it('checks its deadline first when host and guardian were stopped together', async () => {
    const worker = await lab.start();
    const token = digits();
    const id = await lab.running(['sh', '-c', `while :; do echo tick; sleep 0.1.${token}; done 2>&1`]);
    const { guardianPid } = await worker.whenReady();
    for (const pid of [guardianPid, worker.pid]) process.kill(pid, 'SIGSTOP');
    await sleep(200);
    const before = await lab.output(id);
    await lab.database.query("UPDATE sessions SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL");
    await sleep(6_500);
    for (const pid of [worker.pid, guardianPid]) process.kill(pid, 'SIGCONT');
    expect((await worker.exited).code).toBe(1);
    await waitFor(() => lab.processes(token).length === 0, 2_000, 'the end of the session');
    expect(worker.lines('fenced')).toMatchObject([{ sessionId: id, epoch: 1 }]);
    expect(await lab.output(id)).toBe(before);
  });

  it('ends its sessions when the database is away for longer than the lease, and comes back after it', async () => {
    const target = new URL(lab.database.databaseUrl);
    const proxy = await tcpProxy({ host: target.hostname, port: Number(target.port) });
    target.port = String(proxy.port);
    const worker = await lab.start('lab', { DATABASE_URL: target.href });
    const token = digits();
    const id = await lab.running(['sh', '-c', `exec sleep 1000.${token}`]);
    proxy.cut();
    await sleep(3_000);
    expect(lab.processes(token)).not.toEqual([]);
    await waitFor(() => lab.processes(token).length === 0, 4_000, 'the kill at the deadline');
    expect((await worker.exited).code).toBe(1);
    proxy.mend();
    const again = await lab.start('lab', { DATABASE_URL: target.href });
    expect(await lab.when(id, ({ state }) => state === 'closed', 'the close')).toMatchObject({ close_reason: 'host_lost', epoch: 1 });
    await lab.when(await lab.queue(['true']), ({ status }) => status === 'closed', 'the next session');
    again.child.kill('SIGTERM');
    expect((await again.exited).code).toBe(0);
    await proxy.close();
  });

  it('outlives a short outage of the database: no session ends, none is fenced', async () => {
    const target = new URL(lab.database.databaseUrl);
    const proxy = await tcpProxy({ host: target.hostname, port: Number(target.port) });
    target.port = String(proxy.port);
    const worker = await lab.start('lab', { DATABASE_URL: target.href });
    const id = await lab.running(['sh', '-c', 'read line; echo "got $line"; exit 4']);
    proxy.cut();
    await sleep(2_000);
    proxy.mend();
    await sleep(2_000);
    expect(await lab.row(id)).toMatchObject({ status: 'running' });
    expect(worker.lines('fenced')).toEqual([]);
    expect(worker.log().match(/no sessions can be claimed/g)).toHaveLength(1);
    await lab.ask(id, 'closed');
    await lab.when(id, ({ status }) => status === 'closed', 'the close');
    await proxy.close();
  });

  it('tolerates a host that is stopped for three seconds', async () => {
    const worker = await lab.start();
    const token = digits();
    const id = await lab.running(['sh', '-c', `exec sleep 1000.${token}`]);
    await sleep(1_000);
    worker.child.kill('SIGSTOP');
    await sleep(3_000);
    worker.child.kill('SIGCONT');
    await sleep(3_000);
    expect(lab.processes(token)).not.toEqual([]);
    expect(await lab.row(id)).toMatchObject({ status: 'running', epoch: 1 });
    expect(worker.lines('fenced')).toEqual([]);
  });

  it('drains: sessions end as drained with exact ends, exit code 0, nothing is left', async () => {
    const worker = await lab.start();
    const token = digits();
    const id = await lab.running(['sh', '-c', `printf before; exec sleep 1000.${token}`]);
    const stubborn = await lab.running(family(digits()));
    const { guardianPid } = await worker.whenReady();
    const began = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await lab.row(id)).toMatchObject({ status: 'suspended', close_reason: 'drained', end: '6', offset_limit: '6' });
    expect(await lab.row(stubborn)).toMatchObject({ status: 'suspended', close_reason: 'drained' });
    expect(processEntry(guardianPid)).toBeUndefined();
    expect(lab.processes(token)).toEqual([]);
  });

  it('refuses to be the second of its name, with one line', async () => {
    const first = await lab.start('twin');
    const second = lab.spawn('twin');
    expect((await second.exited).code).toBe(1);
    expect(second.log()).toContain(`a worker named twin is running already (pid ${String(first.pid)})`);
  });

  it('says how much memory its logs need, in place of starting with less', async () => {
    const small = lab.spawn('small', { BERTH_SLOTS: '20', LOG_TOTAL_MIB: '39' });
    expect((await small.exited).code).toBe(1);
    expect(small.log()).toContain('LOG_TOTAL_MIB: must be at least 2 for each of the BERTH_SLOTS of all workers');
    const below = lab.spawn('below', { BERTH_SLOTS: '4', LOG_RUN_MIB: '32', LOG_TOTAL_MIB: '16' });
    expect((await below.exited).code).toBe(1);
    expect(below.log()).toContain('LOG_TOTAL_MIB: must be at least LOG_RUN_MIB');
  });

  it('ends what a killed worker and its killed guardian left, when it takes their name', async () => {
    const worker = await lab.start('heir');
    const token = digits();
    const id = await lab.running(family(token));
    const { guardianPid } = await worker.whenReady();
    process.kill(guardianPid, 'SIGSTOP');
    worker.child.kill('SIGKILL');
    await worker.exited;
    await lab.start('heir');
    expect(processEntry(guardianPid)).toBeUndefined();
    expect(lab.processes(token)).toEqual([]);
    expect(await lab.row(id)).toMatchObject({ status: 'suspended', close_reason: 'host_lost' });
  });

  it('drains when its supervisor is gone', async () => {
    const worker = await lab.start(`orphan-${randomUUID()}`);
    const id = await lab.running(['cat']);
    worker.child.disconnect();
    expect((await worker.exited).code).toBe(0);
    expect(await lab.row(id)).toMatchObject({ close_reason: 'drained' });
  });
});
