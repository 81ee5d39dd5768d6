import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { OWNER_EMAIL } from './harness/cluster.js';
import { PHONE, picture } from './harness/browser-pages.js';
import type { BrowserPages } from './harness/browser-pages.js';

async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

let berth: BrowserCluster;
let pages: BrowserPages;

const isAt = (page: Page, path: string): Promise<void> => page.waitForURL((url) => url.pathname === path);

beforeAll(async () => {
  if (!hasBrowser) return;
  berth = await startBrowserCluster({ workers: 0 });
  ({ pages } = berth);
});

afterEach(() => pages?.close());

afterAll(() => berth?.close());

describe.skipIf(!hasBrowser)('signing in to the dashboard', () => {
  test('a link signs in once, and leaves nothing in the address; a used one says how to get another', async () => {
    const link = await berth.loginLink();
    const page = await (await pages.context(PHONE)).newPage();
    await page.goto(link);
    await isAt(page, '/');
    expect(page.url()).toBe(`${pages.origin}/`);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.goBack();
    expect(page.url()).not.toContain('token');

    const second = await (await pages.context()).newPage();
    await second.goto(link);
    await second.getByRole('alert').filter({ hasText: 'has been used, or is too old' }).waitFor();
    await second.getByText('Open on another device').waitFor();
    expect(second.url()).toBe(`${pages.origin}/login`);
    await picture(second, 'used-link');
    // Another link, opened in the same tab, changes nothing but the fragment.
    await second.goto(await berth.loginLink());
    await isAt(second, '/');
  });

  test('a link asks before it replaces who is signed in, and is not spent by the question', async () => {
    const page = await pages.signedIn('/members');
    await page.getByRole('heading', { name: 'Members' }).waitFor();
    const link = await berth.loginLink();
    const cookies = async () => JSON.stringify((await page.context().cookies()).map(({ value }) => value.split('.')[0]));
    const family = await cookies();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Use this sign-in link?' }).waitFor();
    expect(page.url()).toBe(`${pages.origin}/login`);
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await isAt(page, '/');
    expect(await cookies()).toBe(family);

    await page.goto(link);
    await page.getByRole('button', { name: 'Use the link' }).click();
    await isAt(page, '/');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(await cookies()).not.toBe(family);
  });

  test('the page that was wanted comes after the sign-in, and after one that has ended', async () => {
    const page = await pages.signedIn('/members');
    await page.getByRole('heading', { name: 'Members' }).waitFor();
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.context().clearCookies();
    await page.evaluate(() => Object.assign(globalThis, { stillThere: true }));
    // The token in memory outlives the cookie by minutes; the gateway ends both.
    await berth.cluster.database.query(`UPDATE refresh_families SET revoked_at = now()`);
    await page.getByRole('button', { name: 'Open on another device' }).click();
    await page.getByText('Your sign-in has ended').waitFor();
    expect(await page.evaluate('globalThis.stillThere')).toBe(true);
    await pages.signIn(page);
    await isAt(page, '/settings');
  });

  test('signing out needs no second thought, and cannot be taken back', async () => {
    const page = await pages.signedIn('/');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await isAt(page, '/login');
    expect(await page.getByText('Your sign-in has ended').count()).toBe(0);
    await page.goto(`${pages.origin}/`);
    await isAt(page, '/login');
  });

  test('T13: an address sends the page nowhere else, and no token leaves', async () => {
    const page = await pages.signedIn('/?server=wss://evil.example&next=https://evil.example');
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).origin).toBe(pages.origin);
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await isAt(page, '/login');
    await page.evaluate(() => sessionStorage.setItem('berth.wanted-page', '//evil.example'));
    await pages.signIn(page);
    await isAt(page, '/');
    expect(new URL(page.url()).origin).toBe(pages.origin);
  });

  test('says what is wrong: the password, the lack of an answer, too many tries', async () => {
    const page = await (await pages.context()).newPage();
    await page.goto(`${pages.origin}/login`);
    await fillSignIn(page, OWNER_EMAIL, 'wrong');
    await page.getByRole('alert').filter({ hasText: 'password is wrong' }).waitFor();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(OWNER_EMAIL);
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await picture(page, 'wrong-password');

    await page.context().setOffline(true);
    await pages.signIn(page);
    await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    await page.context().setOffline(false);

    const wait = page.getByRole('button', { name: /Try again in \d+ s/ });
    for (let tries = 0; tries < 30 && !(await wait.isVisible()); tries++) {
      await fillSignIn(page, 'nobody@example.com', 'wrong');
      await page
        .getByRole('alert')
        .filter({ hasText: /wrong|Too many/ })
        .waitFor();
      if (await page.getByText('Too many tries').isVisible()) break;
    }
    await wait.waitFor();
    expect(await wait.isDisabled()).toBe(true);
    await picture(page, 'too-many-tries');
  });
});
