import { join } from 'node:path';
import type { SessionView } from '@berth/protocol';
import { differences, Viewer } from '@berth/screen/testing';
import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';
import { seededRandom } from '@berth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { AT_PROMPT, createClaude } from './harness/claude-code.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { ExactScreen } from './harness/exact-screen.js';
import { isInstalled } from './harness/installed.js';
import { ROOT } from './harness/paths.js';
import { chosenSeed } from './harness/seed.js';

const KIB = 1024;
/** Viewers that come late to each program, at points that chance picks. */
const LATE = 3;
/** What each of them sees after it came. */
const AFTERWARDS = 64 * KIB;
const SEED = chosenSeed();
/** More than the host's ring holds, then a reset: what comes is in the log alone. */
const LONG_BEFORE = `seq 100000; printf '\\033c'`;
/** What the test flag leaves of the log. */
const SMALL_LOG = 32 * KIB;
/** A long file with long lines. */
const FILE = join(ROOT, 'package-lock.json');
const [PAGE_DOWN, PAGE_UP, REDRAW, ESCAPE] = ['\x06', '\x02', '\x0c', '\x1b'];

let cluster: Cluster;
let api: Api;
let model: ScriptedModel;

beforeAll(async () => {
  model = await startScriptedModel();
  cluster = await startCluster({
    gateways: 2,
    flags: ['small-log'],
    workerEnv: () => ({ ANTHROPIC_API_KEY: 'key-of-the-worker', ANTHROPIC_BASE_URL: model.url }),
  });
  api = await cluster.signIn();
});
afterAll(async () => {
  await cluster.close();
  await model.close();
});

const open = (session: SessionView, gateway: number, clientId: string, drive = false): Promise<ExactScreen> => {
  const { cols, rows } = session;
  return ExactScreen.open({ address: cluster.address(gateway), sessionId: session.id, token: api.token, clientId, drive, cols, rows });
};

type Key = string | { cols: number; rows: number };

/** Presses keys and drags the window's corner, as a person does who waits for the answer each time. */
async function work(driver: ExactScreen, keys: readonly Key[], after: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  for (const key of keys) {
    if (typeof key === 'string') driver.press(key);
    else driver.resize(key.cols, key.rows);
    await driver.rests();
    await after();
  }
}

/**
 * Presses keys, in rounds, until everybody has seen {@link AFTERWARDS} since he came; each late viewer is compared with the first one when he comes, and
 * after each round.
 */
async function expectExact(driver: ExactScreen, session: SessionView, keys: readonly Key[]): Promise<void> {
  const random = seededRandom(SEED);
  const late: { screen: ExactScreen; since: number }[] = [];
  const compare = async (when: string): Promise<void> => {
    for (const [index, { screen }] of late.entries()) {
      const found = await driver.differencesOf(screen);
      expect(
        found.slice(0, 8),
        `E2E_SEED=${SEED}, late viewer ${index}, at ${screen.position}, ${when}; sizes ${screen.sizes()} | ${driver.sizes()}`,
      ).toEqual([]);
    }
  };
  const come = async (): Promise<void> => {
    const screen = await open(session, late.length % 2, `late-${late.length}`);
    late.push({ screen, since: driver.position });
    await eventually(() => screen.position >= driver.position - KIB, { what: 'the late viewer has caught up' });
    await compare('when the last one has come');
  };
  const isDone = (): boolean => late.length === LATE && late.every(({ since }) => driver.position >= since + AFTERWARDS);
  for (let round = 0; !isDone(); round++) {
    expect(round, `${driver.position} bytes after so many rounds`).toBeLessThan(60);
    await work(driver, keys, async () => {
      if (late.length < LATE && random.chance(0.15)) await come();
    });
    await compare(`after round ${round}`);
  }
  const withScreens = late.filter(({ screen }) => screen.screens.length > 0);
  expect(withScreens.length, 'late viewers who were given a screen').toBeGreaterThan(LATE / 2);
  for (const { screen } of late) screen.close();
}

interface Program {
  command: string[];
  keys: readonly Key[];
  /** Shown when it takes keys. */
  ready: string;
}

const PROGRAMS: Record<string, Program> = {
  vim: {
    command: ['vim', '-u', 'NONE', '-i', 'NONE', '-n', FILE],
    ready: 'lockfileVersion',
    keys: [
      ...[':set number hlsearch\r', PAGE_DOWN, PAGE_DOWN, '/resolved\r', 'n', ':split\r', PAGE_DOWN, 'ihello \u8a9e world\r', ESCAPE],
      ...['10dd', 'u', { cols: 140, rows: 44 }, PAGE_DOWN, PAGE_UP, ':only\r', 'G', 'gg', { cols: 120, rows: 40 }, REDRAW],
    ],
  },
  less: {
    command: ['less', '-R', FILE],
    ready: 'lockfileVersion',
    keys: [' ', ' ', ' ', '/node_modules\r', 'n', 'n', 'j', 'k', { cols: 100, rows: 30 }, ' ', 'b', 'G', 'g', { cols: 120, rows: 40 }, ' '],
  },
  tmux: {
    command: ['tmux', '-L', 'screens', '-f', '/dev/null', 'new', 'sh'],
    ready: '[0]',
    keys: [
      ...[
        'seq 400\r',
        '\x02"',
        `head -300 ${FILE}\r`,
        '\x02%',
        'echo \u8a9e; seq 200\r',
        { cols: 140, rows: 44 },
        '\x02o',
        '\x02[',
        '\x02',
        'q',
      ],
      ...['ls --color=always /\r', '\x02z', `tail -100 ${FILE}\r`, '\x02z', 'exit\r', { cols: 120, rows: 40 }, 'exit\r'],
    ],
  },
  htop: {
    command: ['htop', '-d', '2'],
    ready: 'Load average',
    keys: [
      't',
      ESCAPE,
      '\x1b[B',
      REDRAW,
      'H',
      REDRAW,
      { cols: 150, rows: 45 },
      'K',
      '\x1b[B',
      REDRAW,
      'I',
      { cols: 120, rows: 40 },
      't',
      REDRAW,
    ],
  },
};

const CLAUDE_KEYS = [
  ...['SLOW 20', '\r', 'what is this?', '\r', { cols: 120, rows: 36 }, '/help', '\r', ESCAPE, { cols: 90, rows: 28 }, 'and now?', '\r'],
  { cols: 140, rows: 44 },
];

test.concurrent.for(Object.entries(PROGRAMS))(
  'whoever comes late to %s sees exactly what everybody sees, and goes on seeing it',
  async ([name, program], { skip }) => {
    skip(!isInstalled(name), `${name} is not installed`);
    const command = ['sh', '-c', `${LONG_BEFORE}; exec "$@"`, 'sh', ...program.command];
    const session = await api.createSession(command, { cols: 120, rows: 40 });
    const driver = await open(session, 0, 'driver', true);
    await driver.shows(program.ready);
    await expectExact(driver, session, program.keys);
    driver.close();
    await api.expect('POST', `/v1/sessions/${session.id}/close`);
  },
);

test.concurrent('so does whoever comes late to Claude Code', async () => {
  const session = await createClaude(api, { cols: 100, rows: 30 });
  const driver = await open(session, 1, 'driver', true);
  await driver.shows(AT_PROMPT);
  for (let round = 0; driver.position < SMALL_LOG + AFTERWARDS; round++) {
    expect(round, `${driver.position} bytes after so many rounds`).toBeLessThan(30);
    await work(driver, CLAUDE_KEYS);
  }
  // The next run's host has the first one's output in the log alone.
  await api.expect('POST', `/v1/sessions/${session.id}/suspend`);
  await api.sessionWhen(session.id, 'suspended', ({ status }) => status === 'suspended');
  await api.expect('POST', `/v1/sessions/${session.id}/wake`);
  await api.sessionWhen(session.id, 'running', ({ status, run }) => status === 'running' && run.epoch === 2);
  await eventually(() => driver.text().includes(AT_PROMPT), { within: 20_000, what: 'Claude Code is back' });
  await expectExact(driver, session, CLAUDE_KEYS);
  driver.close();
});

const MARGINS = '\x1b[5;15r';
test.concurrent('the comparison fails when a screen leaves out the margins', async () => {
  const program = `${LONG_BEFORE}; stty -echo; printf '\\033[5;15r\\033[?6hready'; while read line; do seq 3000; done`;
  const session = await api.createSession(['sh', '-c', program], { cols: 120, rows: 40 });
  const driver = await open(session, 0, 'driver', true);
  await driver.shows('ready');
  const late = await eventually(
    async () => {
      driver.press('\r');
      await driver.rests();
      const screen = await open(session, 1, 'late');
      await eventually(() => screen.position >= driver.position, { what: 'the late viewer has caught up' });
      if (screen.screens[0]?.serialized.includes(MARGINS)) return screen;
      screen.close();
      return undefined;
    },
    { within: 20_000, what: 'a late viewer is given a screen' },
  );
  expect(await driver.differencesOf(late)).toEqual([]);

  const screen = late.screens[0] ?? expect.fail('no screen');
  const whole = driver.upTo(screen.offset, screen);
  const given = (serialized: string): Viewer => {
    const viewer = new Viewer({ cols: screen.cols, rows: screen.rows, scrollback: 1_000 });
    viewer.write(Buffer.from(serialized));
    return viewer;
  };
  expect(differences(whole, given(screen.serialized)).length).toBe(0);
  const without = screen.serialized.replaceAll(MARGINS, '');
  expect(differences(whole, given(without)).join('\n')).toMatch(/margins/);
});
