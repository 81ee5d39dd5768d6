import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectLink } from '@berth/link';
import { SessionLogReader, connectLog } from '@berth/log';
import { idFromUuid, redisChannels, uuidFromId } from '@berth/protocol';
import type { SessionId, TenantId, UserId } from '@berth/protocol';
import { createTestDatabase } from '@berth/store/testing';
import type { TestDatabase } from '@berth/store/testing';
import { tempDir, waitFor } from '@berth/testing';
import type { TempDir } from '@berth/testing';

/** Leases that a spec can wait for: 6 s, renewed every second, given up one second early. */
const LEASES = { BERTH_LEASE_TERMINAL_S: '6', BERTH_LEASE_AGENT_S: '6', BERTH_LEASE_RENEW_S: '1', BERTH_LEASE_MARGIN_S: '1' };
const dist = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));

export interface RunRow {
  status: string;
  epoch: number;
  state: string;
  close_reason: string | null;
  exit_code: number | null;
  base: string;
  end: string | null;
  offset_limit: string;
  cols: number;
}

/** One built worker in a process of its own. */
export class WorkerProcess {
  private ready: { guardianPid: number; linkPort: number } | undefined;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;

  constructor(
    readonly child: ChildProcess,
    private readonly logFile: string,
  ) {
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    child.on('message', (message) => {
      this.ready = message as { guardianPid: number; linkPort: number };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async whenReady(): Promise<{ guardianPid: number; linkPort: number }> {
    const dead = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    await waitFor(() => this.ready !== undefined || dead(), 20_000, 'a worker that is ready');
    if (this.ready === undefined) throw new Error(`the worker ended instead of becoming ready: ${this.log()}`);
    return this.ready;
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Parsed lines of its log, and of its guardian's, with this message. */
  lines(message: string): Record<string, unknown>[] {
    return this.log()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
      .filter(({ msg }) => msg === message);
  }
}

/** A database, a data folder and a tenant for workers under test. Whoever opens it closes it. */
export class WorkerLab {
  readonly workers: WorkerProcess[] = [];
  private started = 0;
  private readonly redis;

  private constructor(
    readonly database: TestDatabase,
    readonly folder: TempDir,
    readonly tenantId: TenantId,
    private readonly userId: UserId,
    private readonly redisUrl: string,
  ) {
    this.redis = connectLog(redisUrl);
  }

  static async open(): Promise<WorkerLab> {
    const database = await createTestDatabase(process.env['BERTH_TEST_DATABASE_URL'] ?? '');
    const { tenantId, userId } = await database.addTenant();
    return new WorkerLab(database, await tempDir(), tenantId, userId, process.env['BERTH_TEST_REDIS_URL'] ?? '');
  }

  /** Starts a worker without waiting for it. */
  spawn(name = 'lab', env: Record<string, string> = {}): WorkerProcess {
    const logFile = join(this.folder.path, `${name}-${String((this.started += 1))}.log`);
    const log = openSync(logFile, 'a');
    const child = fork(dist('main.js'), {
      execArgv: ['--import', dist('telemetry.js')],
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        PATH: process.env['PATH'],
        HOME: this.folder.path,
        NODE_ENV: 'test',
        DATABASE_URL: this.database.databaseUrl,
        REDIS_URL: this.redisUrl,
        BERTH_SECRET: this.database.secret,
        BERTH_DATA_DIR: join(this.folder.path, 'data'),
        BERTH_HOST_NAME: name,
        ...LEASES,
        ...env,
      },
    });
    closeSync(log);
    const worker = new WorkerProcess(child, logFile);
    this.workers.push(worker);
    return worker;
  }

  async start(name?: string, env?: Record<string, string>): Promise<WorkerProcess> {
    const worker = this.spawn(name, env);
    await worker.whenReady();
    return worker;
  }

  /** A gateway's connection to a worker, following one run from its first byte. */
  async watch(worker: WorkerProcess, sessionId: SessionId): Promise<{ text(): string; close(): void }> {
    const [host] = await this.database.query<{ id: string; incarnation: number; [column: string]: unknown }>(
      'SELECT id, incarnation FROM hosts WHERE pid = $1',
      [worker.pid],
    );
    const { linkPort } = await worker.whenReady();
    const hostId = idFromUuid('host', host?.id ?? '');
    const connection = await connectLink({
      address: { host: '127.0.0.1', port: linkPort },
      hostId,
      incarnation: host?.incarnation ?? 0,
      gatewayId: 'lab',
      secret: this.database.secret,
      onClosed: () => undefined,
    });
    let text = '';
    const output = (_: number, bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString());
    const ignore = (): void => undefined;
    const live = connection.openLive({ output, behind: ignore, resized: ignore, state: ignore, disconnected: ignore });
    const request = {
      tenantId: this.tenantId,
      sessionId,
      epoch: 1,
      from: 0,
      credit: 1e6,
      principal: 'lab',
      clientId: 'lab',
      cols: 80,
      rows: 24,
    };
    live.openViewer(
      { ...request, mayDrive: false, wantsDrive: false },
      {
        prove: ignore,
        opened: ignore,
        output,
        sized: ignore,
        join: ignore,
        behind: ignore,
        inputAck: ignore,
        reject: ignore,
        drained: ignore,
        closed: ignore,
      },
    );
    return { text: () => text, close: () => connection.close() };
  }

  /** Queues a session as the gateway would, without its bell. */
  async queue(command: string[], workspacePath?: string): Promise<SessionId> {
    const id = randomUUID();
    await this.database.query(
      `INSERT INTO sessions (tenant_id, id, kind, status, title, command, cols, rows, created_by, workspace_path)
       VALUES ($1, $2, 'terminal', 'queued', 'a session', $3, 80, 24, $4, $5)`,
      [uuidFromId(this.tenantId), id, JSON.stringify(command), uuidFromId(this.userId), workspacePath ?? null],
    );
    return idFromUuid('session', id);
  }

  async running(command: string[]): Promise<SessionId> {
    const id = await this.queue(command);
    await this.when(id, ({ status }) => status === 'running', 'a running session');
    return id;
  }

  /** Takes the session out of the store, as a member's deletion does. */
  async forget(sessionId: SessionId): Promise<void> {
    for (const table of ['session_runs', 'sessions'])
      await this.database.query(`DELETE FROM ${table} WHERE ${table === 'sessions' ? 'id' : 'session_id'} = $1`, [uuidFromId(sessionId)]);
  }

  /** Rings as the gateway does when something has changed with a session. */
  async ring(sessionId: SessionId): Promise<void> {
    await this.redis.publish(redisChannels.tenant(this.tenantId), JSON.stringify({ sessionId }));
  }

  async ask(sessionId: SessionId, desired: 'closed' | 'suspended'): Promise<void> {
    await this.database.query('UPDATE sessions SET desired = $2 WHERE id = $1', [uuidFromId(sessionId), desired]);
  }

  /** The session with its latest run. */
  async row(sessionId: SessionId): Promise<RunRow | undefined> {
    const [row] = await this.database.query<RunRow & { [column: string]: unknown }>(
      `SELECT s.status, s.epoch, r.state, r.close_reason, r.exit_code, r.base, r."end", s.offset_limit, s.cols
       FROM sessions s LEFT JOIN session_runs r ON r.tenant_id = s.tenant_id AND r.session_id = s.id AND r.epoch = s.epoch WHERE s.id = $1`,
      [uuidFromId(sessionId)],
    );
    return row;
  }

  async when(sessionId: SessionId, wanted: (row: RunRow) => boolean, what: string, withinMs = 15_000): Promise<RunRow> {
    let row: RunRow | undefined;
    await waitFor(
      async () => {
        row = await this.row(sessionId);
        return row !== undefined && wanted(row);
      },
      withinMs,
      what,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen: ${JSON.stringify(row)}`);
    });
    if (row === undefined) throw new Error('there is no such session');
    return row;
  }

  /** What the log has of the session's first run. */
  async output(sessionId: SessionId): Promise<string> {
    const items = await new SessionLogReader(this.redis).read(
      { tenantId: this.tenantId, sessionId, runs: [{ epoch: 1, base: 0, end: null }] },
      { from: 0, max: 1024 * 1024 },
    );
    return Buffer.concat(items.map((item) => (item.type === 'bytes' ? item.bytes : Buffer.alloc(0)))).toString();
  }

  /** Processes on this machine whose command line holds the text. */
  processes(text: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return pid !== process.pid && readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1').includes(text);
        } catch {
          return false;
        }
      });
  }

  /** Ends the workers that are left, each with its guardian. */
  async endWorkers(): Promise<void> {
    for (const { child, exited } of this.workers.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await exited;
    }
  }

  async close(): Promise<void> {
    await this.endWorkers();
    this.redis.disconnect();
    await this.database.drop();
    await this.folder.remove();
  }
}
