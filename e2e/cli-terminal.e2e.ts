import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import type { BerthTerminal } from './harness/berth-cli.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';

/** Everything that a program can leave behind: alternate screen, mouse, paste, focus, keypad, cursor, margins, keyboard protocols, title. */
const MODES = [
  '[?1049h',
  '[?1000h',
  '[?1006h',
  '[?1004h',
  '[?2004h',
  '[?25l',
  '[?1h',
  '=',
  '[>1u',
  '[>4;2m',
  '[4h',
  '[2;9r',
  '[31m',
  '[4 q',
  ']2;theirs\\007\\033[?7l',
]
  .map((each) => `\\033${each}`)
  .join('');
/** Sets them all, then gives back what is typed; a line "end" ends it with exit code 7. */
const UNTIDY = [
  'bash',
  '-c',
  `stty raw -echo; printf '${MODES}[untidy]'; while IFS= read -rn1 -d '' key; do [ "$key" = X ] && exit 7; printf '%s' "$key"; done`,
];

let cluster: Cluster;
let api: Api;
let cli: BerthCli;
const open: BerthTerminal[] = [];

beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
  api = await cluster.signIn();
  cli = await BerthCli.owner(cluster);
});
afterEach(() => {
  for (const { pty } of open.splice(0)) pty.kill();
});
afterAll(() => cluster.close());

async function attached(args: string[] = [], options: Parameters<BerthCli['open']>[1] = {}): Promise<BerthTerminal & { id: string }> {
  const { id } = await api.runningSession(UNTIDY);
  const terminal = await cli.open(['attach', id, ...args], options);
  open.push(terminal);
  await terminal.pty.shows('[untidy]');
  terminal.pty.type('hello');
  await terminal.pty.shows('hello');
  return Object.assign(terminal, { id });
}

/** What the screen still has of the program's modes. */
async function modesOf({ pty }: BerthTerminal): Promise<object> {
  await pty.text();
  const { modes, buffer } = pty.screen;
  return { screen: buffer.active.type, ...modes };
}

const FRESH = {
  screen: 'normal',
  applicationCursorKeysMode: false,
  applicationKeypadMode: false,
  bracketedPasteMode: false,
  insertMode: false,
  mouseTrackingMode: 'none',
  originMode: false,
  sendFocusMode: false,
  wraparoundMode: true,
};

async function expectRestored(terminal: BerthTerminal): Promise<void> {
  const before = terminal.settings('before');
  expect(before).toContain('icanon');
  expect(terminal.settings('after')).toBe(before);
  expect(await modesOf(terminal)).toMatchObject(FRESH);
  const { output } = terminal.pty;
  for (const undone of ['\u001b[?25h', '\u001b[<1u', '\u001b[>4m', '\u001b[m', '\u001b[0 q', '\u001b[23;2t']) {
    expect(output.lastIndexOf(undone), JSON.stringify(undone)).toBeGreaterThan(output.lastIndexOf('hello'));
  }
}

describe('after an attachment the terminal is as it was before', () => {
  test('negative control: while attached it is not', async () => {
    const terminal = await attached();
    expect(await terminal.settingsNow()).toMatch(/-opost[^]*-icanon -iexten -echo /);
    expect(await modesOf(terminal)).not.toMatchObject(FRESH);
    expect(await modesOf(terminal)).toMatchObject({ screen: 'alternate', mouseTrackingMode: 'vt200', bracketedPasteMode: true });
  });

  test('when its person detaches, and the session goes on', async () => {
    const terminal = await attached();
    terminal.pty.type(DETACH);
    expect(await terminal.pty.ended()).toBe(0);
    await expectRestored(terminal);
    expect(terminal.pty.output).toContain('it goes on');
    expect((await api.session(terminal.id)).status).toBe('running');
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('on %s', async (name, code) => {
    const terminal = await attached();
    await terminal.signal(name);
    expect(await terminal.pty.ended()).toBe(code);
    await expectRestored(terminal);
  });

  test('when the program ends, with its exit code', async () => {
    const terminal = await attached();
    terminal.pty.type('X');
    expect(await terminal.pty.ended()).toBe(7);
    await expectRestored(terminal);
    expect(terminal.pty.output).toContain('exit code 7');
  });

  test('when somebody closes or suspends the session', async () => {
    const [first, second] = [await attached(), await attached()];
    await api.expect('POST', `/v1/sessions/${first.id}/close`);
    await api.expect('POST', `/v1/sessions/${second.id}/suspend`);
    expect(await first.pty.ended()).not.toBe(0);
    await expectRestored(first);
    expect(first.pty.output).toContain('was closed');
    expect(await second.pty.ended()).toBe(1);
    await expectRestored(second);
    expect(second.pty.output).toContain('berth attach --wake');
  });

  test('when its gateway is gone for good', async () => {
    const gateway = await cluster.addGateway();
    const lonely = await BerthCli.owner(cluster, `http://127.0.0.1:${String(gateway.port)}`);
    const { id } = await api.runningSession(UNTIDY);
    const terminal = await lonely.open(['attach', id, '--give-up', '3']);
    open.push(terminal);
    await terminal.pty.shows('[untidy]');
    terminal.pty.type('hello');
    await terminal.pty.shows('hello');
    await gateway.kill();
    await terminal.pty.shows('reconnecting');
    expect(await terminal.pty.ended()).toBe(4);
    await expectRestored(terminal);
    expect(terminal.pty.output).toContain('could not be reached for 3 s');
  });

  test('when the sign-in ends elsewhere', async () => {
    const person = await BerthCli.owner(cluster);
    const { id } = await api.runningSession(UNTIDY);
    const terminal = await person.open(['attach', id]);
    open.push(terminal);
    await terminal.pty.shows('[untidy]');
    terminal.pty.type('hello');
    await terminal.pty.shows('hello');
    expect((await person.run(['logout'])).code).toBe(0);
    expect(await terminal.pty.ended()).toBe(3);
    await expectRestored(terminal);
  });

  test('when it is stopped, for as long as it is stopped; brought back, it is the session’s again', async () => {
    const terminal = await attached([], { under: 'job control' });
    await terminal.signal('SIGTSTP');
    await terminal.pty.shows('[stopped]');
    expect(terminal.settings('stopped')).toBe(terminal.settings('before'));
    expect(await modesOf(terminal)).toMatchObject(FRESH);
    terminal.pty.type('go\r');
    await eventually(async () => ((await modesOf(terminal)) as { screen: string }).screen === 'alternate', {
      what: 'the alternate screen is back',
    });
    terminal.pty.type('again');
    await terminal.pty.shows('again');
    terminal.pty.type(DETACH);
    expect(await terminal.pty.ended()).toBe(0);
    expect(terminal.settings('after')).toBe(terminal.settings('before'));
    expect(await modesOf(terminal)).toMatchObject(FRESH);
  });

  test('when whoever reads its output has enough', async () => {
    const { id } = await api.runningSession(['sh', '-c', 'stty raw -echo; while :; do printf 12345; sleep 0.1; done']);
    const terminal = await cli.open(['attach', id], { under: 'piped' });
    open.push(terminal);
    expect(await terminal.pty.ended()).toBe(1);
    expect(terminal.pty.output).toContain('12345');
    expect(terminal.settings('after')).toBe(terminal.settings('before'));
    expect((await api.session(id)).status).toBe('running');
  });

  test('while the terminal takes nothing any more', async () => {
    const { id } = await api.runningSession(['sh', '-c', 'stty raw -echo; printf "[flood]"; exec yes']);
    const terminal = await cli.open(['attach', id]);
    open.push(terminal);
    await terminal.pty.shows('[flood]');
    terminal.pty.pause();
    await eventually(async () => (await api.session(id)).head > 0, { what: 'the flood has begun' });
    await terminal.signal('SIGTERM');
    // It does not wait for the terminal.
    await eventually(() => terminal.settings('after') !== '', { what: 'the command has ended' });
    terminal.pty.resume();
    expect(await terminal.pty.ended()).toBe(143);
    expect(terminal.settings('after')).toBe(terminal.settings('before'));
  });
});
