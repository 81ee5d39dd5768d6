import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { Typist } from './harness/typist.js';

const SECOND = 1000;
/** Time after Postgres accepts connections again within which everything works again. */
const BACK_MS = 10 * SECOND;

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, own: { postgres: 'durable' } });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

/** One session is created for so many renames. */
const CREATE_EVERY = 10;

/** Renames a session without pause, and creates others; remembers the last title that was accepted, and that nothing was worse than "unavailable". */
class Writer {
  accepted = '';
  /** Sessions whose creation was answered with 201. */
  readonly created: string[] = [];
  readonly statuses = new Map<number, number>();
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly user: Api,
    readonly id: string,
  ) {
    this.done = this.write();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async write(): Promise<void> {
    for (let count = 1; !this.stopped; count += 1) {
      const title = `title ${count}`;
      const { status } = await this.user.call('PATCH', `/v1/sessions/${this.id}`, { body: { title } });
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) this.accepted = title;
      if (count % CREATE_EVERY === 0) await this.create();
      await sleep(status === 200 ? 5 : 50);
    }
  }

  private async create(): Promise<void> {
    const { status, body } = await this.user.call('POST', '/v1/sessions', { body: { kind: 'terminal', command: ['true'] } });
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 201) this.created.push((body as { id: string }).id);
  }
}

for (const how of ['SIGINT', 'SIGKILL'] as const) {
  test(`Postgres restarted (${how}): no accepted request is lost, and the service is back within 10 s`, async () => {
    const session = await echoSession(api);
    const typist = await Typist.start(cluster.address(), session, api.token);
    const writers = await Promise.all(Array.from({ length: 4 }, async () => new Writer(api, (await api.createSession(programs.echo)).id)));
    await sleep(SECOND);
    await cluster.postgres.stop(how);
    await sleep(500);
    const acceptedBefore = writers.map(({ accepted }) => accepted);
    await cluster.postgres.start();

    const back = eventually(() => writers.every(({ accepted }, i) => accepted !== acceptedBefore[i]), {
      within: BACK_MS,
      what: 'writes are accepted again',
    });
    const running = api.runningSession(programs.echo).catch(() => api.runningSession(programs.echo));
    await Promise.all([back, running]);
    for (const index of [0, 1]) {
      await eventually(async () => (await fetch(`${cluster.address(index)}/ready`)).status === 200, {
        within: BACK_MS,
        what: 'gateways are ready',
      });
    }
    await Promise.all(writers.map((writer) => writer.stop()));
    await typist.stop();

    for (const [i, writer] of writers.entries()) {
      expect(
        [...writer.statuses.keys()].every((status) => [200, 201, 503].includes(status)),
        JSON.stringify([...writer.statuses]),
      ).toBe(true);
      const { title } = await api.session(writer.id);
      expect(title, `writer ${i}`).toBe(writer.accepted);
      for (const id of writer.created) await api.session(id);
    }
    expect(await api.session(session.id)).toMatchObject({ status: 'running', run: { epoch: 1 } });
    typist.socket.destroy();
  });
}
