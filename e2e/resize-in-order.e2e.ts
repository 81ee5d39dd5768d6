import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '@berth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { ExactTerminal } from './harness/exact-terminal.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';

const MIB = 1024 * 1024;
/** The host's ring holds less than this, the log more: a late viewer gets output from all three sources. */
const BYTES = 9 * MIB;
const RATE = 1 * MIB;
/** Until here sizes change: the output goes on behind it, so that none of them stands with very many others. */
const RESIZED = 7 * MIB;
const KNOWN_PLACES = 40;
const CUTS = 25;
const KILLS = 3;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
});
afterAll(() => cluster.close());

const anySize = (random: SeededRandom): [number, number] => [random.int(20, 160), random.int(8, 50)];
/** What a size's line in a story says of its place. */
const placesOf = (story: readonly string[]): string[] => story.slice(0, -1).map((line) => line.split(' ').slice(0, 3).join(' '));

test('each size is seen behind the very bytes that came before it, from the ring, live, and from the log of a closed session', () =>
  withSeed(async (random) => {
    const api = await cluster.signIn();
    const session = await echoSession(api, { cols: 80, rows: 24 });
    const open = (clientId: string, gateway: number, drive = false) =>
      new ExactTerminal({ sessionId: session.id, token: api.token, clientId, gateways: [cluster.address(gateway)], drive });
    const driver = open('driver', 0, true);
    await driver.reaches(session.from, '80x24');
    const live = open('live', 1);

    // Nothing is typed before the size has changed, and nothing is resized before what was typed has come back: all places are known.
    const expected = ['80x24 behind 0'];
    let end = session.from;
    for (let place = 0; place < KNOWN_PLACES; place++) {
      const text = `\u001b[3${random.int(1, 7)}m${'the quick brown fox '.repeat(random.int(1, 20))}\r\n`;
      driver.socket.send(text);
      end += text.length;
      await driver.reaches(end, driver.size);
      for (let changes = random.int(0, 3); changes > 0; changes--) {
        const [cols, rows] = anySize(random);
        const size = `${cols}x${rows}`;
        if (size === driver.size) continue;
        driver.socket.resize(cols, rows);
        await driver.reaches(end, size);
        expected.push(`${size} behind ${end}`);
      }
    }
    expect(placesOf(driver.story)).toEqual(expected);

    const late = open('late', 1);
    await Promise.all([live, late].map((each) => each.reaches(end, driver.size)));
    await api.expect('POST', `/v1/sessions/${session.id}/close`);
    await api.sessionWhen(session.id, 'closed', ({ status }) => status === 'closed');
    const fromLog = open('from-the-log', 0);
    await fromLog.reaches(end, driver.size);
    for (const each of [live, late, fromLog]) {
      expect(each.story).toEqual(driver.story);
      expect(each.cells()).toEqual(driver.cells());
      expect(each.gaps).toEqual([]);
    }
    for (const each of [driver, live, late, fromLog]) each.close();
  }));

test('viewers that come late, are cut off, or lose their gateway show what one shows that saw everything, while sizes change under a flood', () =>
  withSeed(async (random, seed) => {
    const api = await cluster.signIn();
    const weather = () => ({ cutAfterBytes: random.int(1, BYTES / CUTS) });
    // The first gateway is killed now and then, the second one stays.
    const killed = await CutProxy.listen(() => cluster.gateway(0).port);
    const rainy = await Promise.all([0, 1].map((index) => CutProxy.listen(() => cluster.gateway(index).port, weather)));
    const through = (...proxies: CutProxy[]) => proxies.map(({ port }) => `http://127.0.0.1:${port}`);
    const { id } = await api.createSession(programs.screen(seed, BYTES, RATE));
    const open = (clientId: string, gateways: string[], more: { drive?: boolean; hasty?: boolean } = {}) =>
      new ExactTerminal({ sessionId: id, token: api.token, clientId, gateways, ...more });

    const steady = [cluster.address(1)];
    const driver = open('driver', steady, { drive: true });
    const live = open('live', steady);
    const cut = open('cut', through(...rainy));
    const bereft = open('bereft', through(killed));
    // The control: all that is told, but no size waits for the output that came last.
    const hasty = open('hasty', steady, { hasty: true });
    await eventually(() => driver.attached && live.attached, { what: 'the driver and the live viewer are attached' });
    const late: ExactTerminal[] = [];

    const resize = async () => {
      while (driver.position < RESIZED) {
        await sleep(random.int(0, 80));
        for (let burst = random.int(1, 3); burst > 0; burst--) driver.socket.resize(...anySize(random));
      }
    };
    const kill = async () => {
      for (let kills = 0; kills < KILLS; kills++) {
        await sleep(random.int(500, 2_000));
        await cluster.gateway(0).kill();
        await cluster.gateway(0).start();
      }
    };
    const come = async () => {
      for (const percent of [10, 40, 70, 95]) {
        await eventually(() => driver.position >= (percent / 100) * BYTES, { within: 120_000, what: 'the output to go on' });
        late.push(open(`late-${percent}`, steady));
      }
    };
    await Promise.all([resize(), kill(), come()]);
    driver.socket.resize(91, 27);
    const others = [live, cut, bereft, ...late];
    await Promise.all([driver, hasty, ...others].map((each) => each.reaches(BYTES, '91x27')));
    // The program gives back what is typed: something in a column that there is no more afterwards.
    const typed = '\u001b[5;85HX';
    driver.socket.send(typed);
    await Promise.all([driver, ...others].map((each) => each.reaches(BYTES + typed.length, '91x27')));
    driver.socket.resize(60, 27);
    await Promise.all([driver, hasty, ...others].map((each) => each.reaches(BYTES + typed.length, '60x27')));

    const { story } = live;
    expect(story.length).toBeGreaterThan(50);
    for (const each of [driver, ...others]) {
      expect(each.gaps).toEqual([]);
      expect(each.story).toEqual(story);
      expect(each.cells()).toEqual(live.cells());
    }
    expect(cut.connections).toBeGreaterThan(5);
    expect(bereft.connections).toBeGreaterThan(KILLS);
    expect(hasty.cells()).not.toEqual(live.cells());
    for (const each of [driver, hasty, ...others]) each.close();
    await Promise.all([killed, ...rainy].map((proxy) => proxy.close()));
  }));
