import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { ExactTerminal } from './harness/exact-terminal.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';

const MIB = 1024 * 1024;
/** Several times what the ring and the log hold. */
const BYTES = 12 * MIB;
const RATE = 1.5 * MIB;
const COMES_AT = [7 * MIB, 8 * MIB, 9 * MIB, 10 * MIB];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, env: { LOG_RUN_MIB: '1' } });
});
afterAll(() => cluster.close());

test('who gets a screen for what the log has trimmed shows the same as who saw every size change', () =>
  withSeed(async (random, seed) => {
    const api = await cluster.signIn();
    const { id } = await api.createSession(programs.screen(seed, BYTES, RATE));
    const open = (clientId: string, gateway: number, drive = false) =>
      new ExactTerminal({ sessionId: id, token: api.token, clientId, gateways: [cluster.address(gateway)], drive });
    const driver = open('driver', 0, true);
    const late: ExactTerminal[] = [];
    const resize = async () => {
      while (driver.position < BYTES - MIB) {
        await sleep(random.int(0, 150));
        driver.socket.resize(random.int(20, 160), random.int(8, 50));
      }
    };
    const come = async () => {
      for (const [index, at] of COMES_AT.entries()) {
        await eventually(() => driver.position >= at, { within: 120_000, what: 'the output to go on' });
        late.push(open(`late-${index}`, index % 2));
      }
    };
    await Promise.all([resize(), come()]);
    driver.socket.resize(91, 27);
    await Promise.all([driver, ...late].map((each) => each.reaches(BYTES, '91x27')));

    expect([driver.gaps, driver.screens]).toEqual([[], 0]);
    for (const each of late) {
      expect([each.gaps, each.screens]).toEqual([[], 1]);
      expect(each.shown()).toEqual(driver.shown());
    }
    for (const each of [driver, ...late]) each.close();
  }));
