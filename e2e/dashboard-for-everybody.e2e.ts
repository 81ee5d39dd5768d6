import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { hasBrowser } from './harness/browser.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { eventually } from './harness/eventually.js';
import { DESKTOP, PHONE, accessFaults, picture, sidewaysPixels } from './harness/browser-pages.js';
import type { BrowserPages } from './harness/browser-pages.js';

/** What a finger needs, in CSS pixels. */
const FINGER = 44;

/** What a page can look like, and how to get there from its address. */
const LOOKS: readonly { name: string; path: string; act?: (page: Page) => Promise<void> }[] = [
  { name: 'list', path: '/?show=all', act: (page) => page.locator('[data-session]').first().waitFor() },
  {
    name: 'menu',
    path: '/?show=all',
    act: (page) => press(page, /Actions for/, 'menu'),
  },
  { name: 'create', path: '/', act: (page) => press(page, 'New session', 'dialog') },
  { name: 'close', path: '/', act: close },
  { name: 'members', path: '/members', act: (page) => page.locator('[data-member]').first().waitFor() },
  { name: 'add-member', path: '/members', act: (page) => press(page, 'Add member', 'dialog') },
  { name: 'settings', path: '/settings', act: (page) => page.getByText('Chosen by').waitFor() },
  { name: 'device', path: '/settings', act: device },
];
const SIZES: readonly [string, BrowserContextOptions][] = [
  ['desktop', DESKTOP],
  ['phone', PHONE],
];

/** Whether what fades in is all there: colours are not what they will be before, and on a phone a dialog with a field waits for the keyboard. */
const SETTLED = `[...document.querySelectorAll('.veil, .modal, .popover')].every((each) => getComputedStyle(each).opacity === '1')`;

let berth: BrowserCluster;
let pages: BrowserPages;
let api: Api;

/** Presses the first button of that name, and waits for what it opens: its code may be on the way. */
async function press(page: Page, name: string | RegExp, opens: 'menu' | 'dialog'): Promise<void> {
  await page.getByRole('button', { name }).first().click();
  await page.getByRole(opens).waitFor();
}

async function close(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /Actions for/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Close' }).click();
  await page.getByRole('alertdialog').waitFor();
}

async function device(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Open on another device' }).click();
  await page.getByRole('button', { name: 'Copy link' }).waitFor();
}

/** Whatever can be pressed and is smaller than a finger; links in running text are exempt. */
const SMALL_TARGETS = `[...document.querySelectorAll('button:not([tabindex="-1"]), [role=menuitem], input, a:not(p a, .skip, [data-session-link])')]
  .filter((each) => each.checkVisibility() && !each.closest('[aria-hidden=true]'))
  .map((each) => ({ box: each.closest('label')?.getBoundingClientRect() ?? each.getBoundingClientRect(), html: each.outerHTML.slice(0, 160) }))
  .filter(({ box }) => box.width > 1 && (box.height < ${FINGER} - 0.5 || box.width < ${FINGER} - 0.5))
  .map(({ box, html }) => box.width + ' x ' + box.height + ': ' + html)`;

beforeAll(async () => {
  if (!hasBrowser) return;
  berth = await startBrowserCluster({ env: { BERTH_MODEL: 'scripted' } });
  ({ pages, api } = berth);
  await api.createSession(['true'], { title: 'A title that is much longer than any phone is wide, so that it has to be cut somewhere' });
  await api.runningSession(['sleep', '600']);
  await api.expect('POST', '/v1/sessions', { kind: 'terminal', title: 'Claude', permissionMode: 'plan' });
});

afterEach(() => pages?.close());

afterAll(() => berth?.close());

describe.skipIf(!hasBrowser)('the dashboard is for everybody', () => {
  for (const [size, options] of SIZES)
    for (const colorScheme of ['light', 'dark'] as const)
      test(`${size}, ${colorScheme}: no serious fault, nothing to scroll sideways, room for fingers`, async () => {
        // Past the policy for axe alone, which is not part of the page; no animation, so that colours are what they will be.
        const page = await (await pages.context({ ...options, colorScheme, reducedMotion: 'reduce', bypassCSP: true })).newPage();
        await page.goto(`${pages.origin}/login`);
        await page.getByRole('button', { name: 'Sign in' }).waitFor();
        const found: string[] = (await accessFaults(page)).map((fault) => `sign-in: ${fault}`);
        await picture(page, `${size}-${colorScheme}-sign-in`);
        await pages.signIn(page);
        await page.getByRole('heading', { name: 'Sessions' }).waitFor();
        for (const { name, path, act } of LOOKS) {
          await page.goto(`${pages.origin}${path}`);
          await act?.(page);
          await eventually(() => page.evaluate<boolean>(SETTLED), { what: `${name} is all there` });
          await picture(page, `${size}-${colorScheme}-${name}`);
          found.push(...(await accessFaults(page)).map((fault) => `${name}: ${fault}`));
          if (size === 'phone')
            found.push(...(await page.evaluate<string[]>(SMALL_TARGETS)).map((target) => `${name}: too small: ${target}`));
          const sideways = await sidewaysPixels(page);
          if (sideways !== 0) found.push(`${name}: ${sideways} px sideways`);
        }
        expect(found).toEqual([]);
      });

  test('the chosen theme holds over reloads and in other tabs, whatever the system says', async () => {
    const page = await pages.signedIn('/settings', { ...DESKTOP, colorScheme: 'light' });
    const ground = (of: Page): Promise<string> => of.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground(page);
    await page.getByRole('radio', { name: 'Dark' }).click();
    const dark = await ground(page);
    expect(dark).not.toBe(light);
    const tab = await page.context().newPage();
    await tab.goto(`${pages.origin}/settings`);
    await tab.getByRole('heading', { name: 'Appearance' }).waitFor();
    expect(await ground(tab)).toBe(dark);
    await page.reload();
    expect(await ground(page)).toBe(dark);
    await page.emulateMedia({ colorScheme: 'dark' });
    await tab.getByRole('radio', { name: 'Light' }).click();
    await page.locator('html[data-theme=light]').waitFor();
    expect(await ground(page)).toBe(light);
    await tab.getByRole('radio', { name: 'System' }).click();
    await page.locator('html:not([data-theme])').waitFor();
    expect(await ground(page)).toBe(dark);
  });

  test('single keys can be turned off', async () => {
    const page = await pages.signedIn('/settings');
    await page.getByText('Keyboard shortcuts by single keys').click();
    await page.goto(`${pages.origin}/`);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.keyboard.press('n');
    await page.keyboard.press('m');
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('the terminal’s own code is not loaded with the list', async () => {
    const page = await (await pages.context()).newPage();
    const loaded: string[] = [];
    page.on('response', (response) => loaded.push(new URL(response.url()).pathname));
    await page.goto(`${pages.origin}/`);
    await pages.signIn(page);
    await page.locator('[data-session]').first().waitFor();
    const terminal = (): string[] => loaded.filter((path) => /session-page.*\.js/.test(path));
    expect(terminal()).toEqual([]);
    await page.getByRole('link', { name: 'Claude', exact: true }).click();
    await page.waitForURL(/\/sessions\//);
    await page.locator('.xterm').waitFor();
    expect(terminal()).toHaveLength(1);
  });
});
