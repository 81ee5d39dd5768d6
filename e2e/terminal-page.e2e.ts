import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { hasBrowser, launchBrowser } from './harness/browser.js';
import { OWNER_EMAIL, startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { eventually } from './harness/eventually.js';
import { builtProgram } from './harness/paths.js';
import { programs } from './harness/programs.js';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** A shell whose prompt is known. */
const SHELL = ['env', 'PS1=$ ', 'sh'];

let cluster: Cluster;
let proxy: CutProxy;
let browser: Browser;
let api: Api;
const contexts: BrowserContext[] = [];
/** What the browser complained about, broken rules of the content-security policy among it. */
const complaints: string[] = [];
/** Other addresses than ours that the page asked for. */
const strangers: string[] = [];

const origin = (): string => `http://127.0.0.1:${proxy.port}`;

beforeAll(async () => {
  if (!hasBrowser) return;
  proxy = await CutProxy.listen(() => cluster.gateway().port);
  cluster = await startCluster({ gateways: 1, workers: 1, env: { PUBLIC_URL: origin() } });
  browser = await launchBrowser();
  api = await cluster.signIn();
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  expect(complaints.splice(0)).toEqual([]);
  expect(strangers.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await cluster?.close();
});

async function newContext(options: BrowserContextOptions = DESKTOP): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  contexts.push(context);
  context.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(origin()).host) strangers.push(request.url());
  });
  context.on('console', (message) => {
    // A request that fails is shown by the browser itself: not being signed in, and connections that tests cut.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().stack ?? String(error.error())));
  return context;
}

/** Signs a browser in at the form and opens a page. */
async function signedIn(path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await (await newContext(options)).newPage();
  await page.goto(`${origin()}${path}`);
  await page.getByLabel('E-mail address').fill(OWNER_EMAIL);
  await page.getByLabel('Password').fill(cluster.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return page;
}

const screenText = async (page: Page): Promise<string> =>
  (await page.locator('.xterm-rows > div').allTextContents()).join('\n').replaceAll('\u00a0', ' ');

const shows = (page: Page, text: string | RegExp, within = 10_000): Promise<unknown> =>
  eventually(async () => (await screenText(page)).match(text) !== null, {
    within,
    every: 30,
    what: `the terminal shows ${String(text)}`,
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it shows:\n${await screenText(page)}`);
  });

const state = async (page: Page, text: string | RegExp, within = 10_000): Promise<void> => {
  try {
    await page.locator('.state').filter({ hasText: text }).waitFor({ timeout: within });
  } catch (error) {
    throw new Error(
      `${String(error)}; it says ${JSON.stringify(await page.locator('.state').allTextContents())} above:\n${await screenText(page)}`,
      { cause: error },
    );
  }
};

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['E2E_PICTURES'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
};

describe.skipIf(!hasBrowser)('the page in a browser', () => {
  test('signs in, lists, starts, types, resizes, ends', async () => {
    const page = await signedIn('/');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await picture(page, 'empty-list');
    await page.getByLabel('Title').fill('First <b>session</b>');
    await page.getByRole('button', { name: 'New session' }).click();
    await page.waitForURL(/\/sessions\/ses_/);
    await state(page, 'Connected', 20_000);
    expect(await page.title()).toContain('First <b>session</b>');
    await page.getByRole('link', { name: 'All sessions' }).click();
    await page.getByRole('link', { name: 'First <b>session</b>' }).waitFor();

    const { id } = await api.runningSession(SHELL);
    await page.goto(`${origin()}/sessions/${id}`);
    await state(page, 'Connected');
    await shows(page, /\$ /);
    await page.keyboard.type('echo a-$((6*7))-b; stty size\n');
    await shows(page, 'a-42-b');
    await shows(page, /\n\d\d \d\d\d/);
    await picture(page, 'desktop');
    await page.setViewportSize({ width: 700, height: 500 });
    await eventually(async () => (await api.session(id)).cols < 100, { what: 'the program has the new size' });
    await page.keyboard.type('stty size\n');
    const { cols, rows } = await api.session(id);
    await shows(page, `${rows} ${cols}`);
    await page.setViewportSize({ width: 1440, height: 900 });

    const { id: brief } = await api.runningSession(['sh', '-c', 'echo waiting; read line; echo "got $line"; exit 3']);
    await page.goto(`${origin()}/sessions/${brief}`);
    await shows(page, 'waiting');
    await page.keyboard.type('this\n');
    await state(page, 'Ended: the program ended (exit code 3)');
    await shows(page, 'got this');
    await picture(page, 'ended');
  });

  test('a sign-in link works once, and leaves nothing in the address', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [builtProgram('gateway', 'login-link.js')], { env: cluster.env });
    const link = new URL(stdout.trim());
    cluster.secrets.add('sign-in link', link.hash.slice('#token='.length));
    const page = await (await newContext()).newPage();
    await page.goto(`${origin()}${link.pathname}${link.hash}`);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(page.url()).toBe(`${origin()}/`);
    await page.goBack();
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.goto(`${origin()}/`);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    const second = await (await newContext()).newPage();
    await second.goto(`${origin()}${link.pathname}${link.hash}`);
    await second.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    expect(second.url()).toBe(`${origin()}/login`);
    await picture(second, 'link-used');
  });

  test('comes back after a cut with every byte, and takes what was typed meanwhile', async () => {
    const { id } = await api.runningSession(SHELL);
    const page = await signedIn(`/sessions/${id}`);
    await state(page, 'Connected');
    await shows(page, /\$ /);
    await page.keyboard.type('i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); sleep 0.01; done\n');
    await shows(page, 'line 50');
    for (let cuts = 0; cuts < 5; cuts++) {
      proxy.cut();
      await state(page, 'Connected', 15_000);
    }
    proxy.cut();
    await page.keyboard.type('echo typed-$((1+1))\n');
    await shows(page, /line 398\nline 399/, 20_000);
    await shows(page, 'typed-2');
    const scrolled = await screenText(page);
    for (const [a, b] of [...scrolled.matchAll(/line (\d+)\nline (\d+)/g)].map(([, first, next]) => [Number(first), Number(next)]))
      expect(b).toBe((a ?? 0) + 1);
  });

  test('says that the host is lost, and wakes', async () => {
    const { id } = await api.runningSession(SHELL);
    const page = await signedIn(`/sessions/${id}`);
    await state(page, 'Connected');
    await page.keyboard.type('echo before-$((1+1))\n');
    await shows(page, 'before-2');
    await cluster.worker().kill();
    await state(page, /Suspended: its host was lost/, 15_000);
    await shows(page, 'before-2');
    await picture(page, 'suspended');
    await cluster.worker().start();
    await page.getByRole('button', { name: 'Wake' }).click();
    await state(page, 'Connected', 20_000);
    await page.getByRole('alert').filter({ hasText: 'lost with its host' }).waitFor();
    await picture(page, 'woken');
    await shows(page, /\$ /);
    await page.keyboard.type('echo after-$((1+1))\n');
    await shows(page, 'after-2');
    // What the lost run had shown is still there to be read.
    expect(await screenText(page)).toContain('before-2');
  });

  test('a duplicated tab takes over; the first says so and can take back', async () => {
    const { id } = await api.runningSession(SHELL);
    const page = await signedIn(`/sessions/${id}`);
    await state(page, 'Connected');
    await page.keyboard.type('echo one\n');
    await shows(page, 'one');
    const second = await page.context().newPage();
    // A browser copies the session storage of a tab that is duplicated.
    const clientId = await page.evaluate(() => sessionStorage.getItem('berth.client-id'));
    await second.addInitScript((value) => sessionStorage.setItem('berth.client-id', value ?? ''), clientId);
    await second.goto(`${origin()}/sessions/${id}`);
    await state(second, 'Connected');
    await state(page, 'Opened in another tab');
    await second.keyboard.type('echo two-$((1+1))\n');
    await shows(second, 'two-2');
    await picture(page, 'superseded');
    await page.getByRole('button', { name: 'Take over' }).click();
    await state(page, 'Connected');
    await state(second, 'Opened in another tab');
    await shows(page, 'two-2');
    await page.keyboard.type('echo three-$((1+2))\n');
    await shows(page, 'three-3');
  });

  test('T39 T40: output reaches neither the clipboard nor the keyboard', async () => {
    const queries = [
      '\\033]52;c;aGFja2Vk\\007',
      '\\033]52;c;?\\007',
      '\\033[c',
      '\\033[>c',
      '\\033[6n',
      '\\033[?6n',
      '\\033[5n',
      '\\033[21t',
      '\\033[18t',
      '\\033P$qm\\033\\\\',
      '\\033[?25$p',
      '\\033]10;?\\007',
      '\\033]2;title\\007',
    ];
    // Replies would be typed, and `cat -v` would show them.
    const { id } = await api.runningSession([
      'sh',
      '-c',
      `printf '%b' '${queries.join('')}'; printf 'asked\\r\\n'; stty raw -echo; exec cat -v`,
    ]);
    const context = await newContext();
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: origin() });
    const page = await context.newPage();
    await page.goto(`${origin()}/login`);
    await page.evaluate(`navigator.clipboard.writeText('mine')`);
    await page.getByLabel('E-mail address').fill(OWNER_EMAIL);
    await page.getByLabel('Password').fill(cluster.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.goto(`${origin()}/sessions/${id}`);
    await state(page, 'Connected');
    await shows(page, 'asked');
    // What was typed before this would show before it.
    await page.keyboard.type('end');
    await shows(page, 'end');
    expect((await screenText(page)).replaceAll('\n', '').trim()).toBe('askedend');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('mine');
    expect(await page.title()).toBe('title · Berth');

    // An endless title: the terminal goes on afterwards.
    const { id: endless } = await api.runningSession([
      'sh',
      '-c',
      `printf '\\033]2;'; head -c 1000000 /dev/zero | tr '\\0' x; printf '\\030\\r\\nalive\\r\\n'; exec cat`,
    ]);
    await page.goto(`${origin()}/sessions/${endless}`);
    await shows(page, 'alive');
  });

  test('T13: an address does not send the page elsewhere', async () => {
    const page = await signedIn('/?server=wss://evil.example&next=https://evil.example');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).origin).toBe(origin());
    await page.evaluate(() => sessionStorage.setItem('berth.wanted-page', '//evil.example'));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail address').fill(OWNER_EMAIL);
    await page.getByLabel('Password').fill('wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    await picture(page, 'wrong-password');
    await page.getByLabel('Password').fill(cluster.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).origin).toBe(origin());
  });

  test('works on a phone, light and dark', async () => {
    const { id } = await api.runningSession(SHELL);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await signedIn(`/sessions/${id}`, { ...PHONE, colorScheme });
      await state(page, 'Connected');
      await shows(page, /\$ /);
      await page.locator('.place').tap();
      await page.keyboard.type(`echo ${colorScheme}-$((1+1)); sleep 60\n`);
      await shows(page, `${colorScheme}-2`);
      await page.getByRole('button', { name: 'Control and C' }).tap();
      await shows(page, /\^C/);
      await page.keyboard.type('stty size\n');
      const { cols, rows } = await api.session(id);
      await shows(page, `${rows} ${cols}`);
      expect(cols).toBeGreaterThan(40);
      expect(await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')).toEqual([390, 844]);
      await picture(page, `phone-${colorScheme}`);
      await page.getByRole('link', { name: 'All sessions' }).tap();
      await page.getByRole('heading', { name: 'Sessions' }).waitFor();
      await page.locator('[data-session]').first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      await picture(page, `phone-list-${colorScheme}`);
    }
  });

  test('dark on a desktop', async () => {
    const { id } = await api.runningSession(programs.echo);
    const page = await signedIn(`/sessions/${id}`, { ...DESKTOP, colorScheme: 'dark' });
    await state(page, 'Connected');
    await shows(page, /\[ready\]/);
    await picture(page, 'desktop-dark');
    await page.goto(`${origin()}/`);
    await page.locator('[data-session]').first().waitFor();
    await picture(page, 'list-dark');
    await page.goto(`${origin()}/sessions/ses_${'0'.repeat(32)}`);
    await state(page, 'There is no such session');
    await page.goto(`${origin()}/sessions/nonsense`);
    await page.getByRole('heading', { name: 'No such session' }).waitFor();
  });
});
