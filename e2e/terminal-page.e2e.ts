import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserPages } from './harness/browser-pages.js';
import { DESKTOP, PHONE, SHELL, picture, says, screenText, shows, sidewaysPixels } from './harness/browser-pages.js';
import { OWNER_EMAIL } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import type { CutProxy } from './harness/cut-proxy.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';

let own: BrowserCluster;
let cluster: Cluster;
let proxy: CutProxy;
let api: Api;
let pages: BrowserPages;

beforeAll(async () => {
  if (!hasBrowser) return;
  own = await startBrowserCluster();
  ({ cluster, proxy, api, pages } = own);
});

afterEach(() => pages?.close());

afterAll(() => own?.close());

describe.skipIf(!hasBrowser)('the page in a browser', () => {
  test('signs in, lists, starts, types, resizes, ends', async () => {
    const page = await pages.signedIn('/');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await picture(page, 'empty-list');
    await page.getByRole('button', { name: 'New session' }).first().click();
    await page.getByText('Shell', { exact: true }).click();
    await page.getByLabel('Title (optional)').fill('First <b>session</b>');
    await page.getByRole('button', { name: 'Start session' }).click();
    await page.waitForURL(/\/sessions\/ses_/);
    await says(page, 'Connected', 20_000);
    expect(await page.title()).toContain('First <b>session</b>');
    await page.getByRole('link', { name: 'All sessions' }).click();
    await page.getByRole('link', { name: 'First <b>session</b>' }).waitFor();

    const { id } = await api.runningSession(SHELL);
    await page.goto(`${pages.origin}/sessions/${id}`);
    await says(page, 'Connected');
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
    await page.goto(`${pages.origin}/sessions/${brief}`);
    await shows(page, 'waiting');
    await page.keyboard.type('this\n');
    await says(page, 'Closed');
    await page.getByText('The program ended (exit code 3).').waitFor();
    await shows(page, 'got this');
    await picture(page, 'ended');
  });

  test('a sign-in link works once, and leaves nothing in the address', async () => {
    const link = await own.loginLink();
    const page = await (await pages.context()).newPage();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(page.url()).toBe(`${pages.origin}/`);
    await page.goBack();
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.goto(`${pages.origin}/`);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    const second = await (await pages.context()).newPage();
    await second.goto(link);
    await second.getByRole('alert').filter({ hasText: 'has been used' }).waitFor();
    expect(second.url()).toBe(`${pages.origin}/login`);
    await picture(second, 'link-used');
  });

  test('comes back after a cut with every byte, and takes what was typed meanwhile', async () => {
    const { id } = await api.runningSession(SHELL);
    const page = await pages.signedIn(`/sessions/${id}`);
    await says(page, 'Connected');
    await shows(page, /\$ /);
    await page.keyboard.type('i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); sleep 0.01; done\n');
    await shows(page, 'line 50');
    for (let cuts = 0; cuts < 5; cuts++) {
      proxy.cut();
      await says(page, 'Connected', 15_000);
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
    const page = await pages.signedIn(`/sessions/${id}`);
    await says(page, 'Connected');
    await page.keyboard.type('echo before-$((1+1))\n');
    await shows(page, 'before-2');
    await cluster.worker().kill();
    await says(page, 'Suspended', 15_000);
    await page.getByText('Its host was lost.').waitFor();
    await shows(page, 'before-2');
    await picture(page, 'suspended');
    await cluster.worker().start();
    await page.getByRole('button', { name: 'Wake' }).click();
    await says(page, 'Connected', 20_000);
    await shows(page, /── The program was lost with its host, .*──/);
    await picture(page, 'woken');
    await shows(page, /\$ /);
    await page.keyboard.type('echo after-$((1+1))\n');
    await shows(page, 'after-2');
    // What the lost run had shown is still there to be read.
    expect(await screenText(page)).toContain('before-2');
  });

  test('a duplicated tab takes over; the first says so and can take back', async () => {
    const { id } = await api.runningSession(SHELL);
    const page = await pages.signedIn(`/sessions/${id}`);
    await says(page, 'Connected');
    await page.keyboard.type('echo one\n');
    await shows(page, 'one');
    const second = await page.context().newPage();
    // A browser copies the session storage of a tab that is duplicated.
    const clientId = await page.evaluate(() => sessionStorage.getItem('berth.client-id'));
    await second.addInitScript((value) => sessionStorage.setItem('berth.client-id', value ?? ''), clientId);
    await second.goto(`${pages.origin}/sessions/${id}`);
    await says(second, 'Connected');
    await says(page, 'Open elsewhere');
    await second.keyboard.type('echo two-$((1+1))\n');
    await shows(second, 'two-2');
    await picture(page, 'superseded');
    await page.getByRole('button', { name: 'Continue here' }).click();
    await says(page, 'Connected');
    await says(second, 'Open elsewhere');
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
    const context = await pages.context();
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pages.origin });
    const page = await context.newPage();
    await page.goto(`${pages.origin}/login`);
    await page.evaluate(`navigator.clipboard.writeText('mine')`);
    await pages.signIn(page);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.goto(`${pages.origin}/sessions/${id}`);
    await says(page, 'Connected');
    await shows(page, 'asked');
    // What was typed before this would show before it.
    await page.keyboard.type('end');
    await shows(page, 'end');
    expect((await screenText(page)).replaceAll('\n', '').trim()).toBe('askedend');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('mine');
    expect(await page.title()).toMatch(/ · title · Berth$/);

    // An endless title: the terminal goes on afterwards.
    const { id: endless } = await api.runningSession([
      'sh',
      '-c',
      `printf '\\033]2;'; head -c 1000000 /dev/zero | tr '\\0' x; printf '\\030\\r\\nalive\\r\\n'; exec cat`,
    ]);
    await page.goto(`${pages.origin}/sessions/${endless}`);
    await shows(page, 'alive');
  });

  test('T13: an address does not send the page elsewhere', async () => {
    const page = await pages.signedIn('/?server=wss://evil.example&next=https://evil.example');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).origin).toBe(pages.origin);
    await page.evaluate(() => sessionStorage.setItem('berth.wanted-page', '//evil.example'));
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail address').fill(OWNER_EMAIL);
    await page.getByLabel('Password').fill('wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    await picture(page, 'wrong-password');
    await page.getByLabel('Password').fill(cluster.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).origin).toBe(pages.origin);
  });

  test('works on a phone, light and dark', async () => {
    const { id } = await api.runningSession(SHELL);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await pages.signedIn(`/sessions/${id}`, { ...PHONE, colorScheme });
      await says(page, 'Connected');
      await shows(page, /\$ /);
      await page.locator('.terminal-place').tap();
      await page.keyboard.type(`echo ${colorScheme}-$((1+1)); sleep 60\n`);
      await shows(page, `${colorScheme}-2`);
      await page.getByRole('button', { name: 'Control and C', exact: true }).tap();
      await shows(page, /\^C/);
      await page.keyboard.type('stty size\n');
      const { cols, rows } = await api.session(id);
      await shows(page, `${rows} ${cols}`);
      expect(cols).toBeGreaterThan(40);
      expect(await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')).toEqual([390, 844]);
      expect(await sidewaysPixels(page)).toBe(0);
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
    const page = await pages.signedIn(`/sessions/${id}`, { ...DESKTOP, colorScheme: 'dark' });
    await says(page, 'Connected');
    await shows(page, /\[ready\]/);
    await picture(page, 'desktop-dark');
    await page.goto(`${pages.origin}/`);
    await page.locator('[data-session]').first().waitFor();
    await picture(page, 'list-dark');
    await page.goto(`${pages.origin}/sessions/ses_${'0'.repeat(32)}`);
    await says(page, 'Not found');
    await page.goto(`${pages.origin}/sessions/nonsense`);
    await page.getByRole('heading', { name: 'No such session' }).waitFor();
  });
});
