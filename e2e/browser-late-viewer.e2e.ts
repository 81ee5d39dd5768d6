import { isDeepStrictEqual } from 'node:util';
import { SessionScreen } from '@berth/protocol';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import { DESKTOP, PHONE, says, screenCells, screenText, shows, sidewaysPixels } from './harness/browser-pages.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';

/** Several times what the log keeps. */
const PAINTED = 4 * 1024 * 1024;

let own: BrowserCluster;

beforeAll(async () => {
  if (hasBrowser) own = await startBrowserCluster({ env: { LOG_RUN_MIB: '1', BERTH_LEASE_TERMINAL_S: '300' } });
});
afterEach(() => own?.pages.close());
afterAll(() => own?.close());

/** What a page says about output that it could not have, if anything. */
async function noLongerKept(page: Page): Promise<string | undefined> {
  await page.locator('.status-button').click();
  const facts = page.getByRole('dialog', { name: 'Connection' });
  await facts.waitFor();
  const [said] = await facts.locator('dt:text("No longer kept") + dd').allTextContents();
  await page.keyboard.press('Escape');
  await facts.waitFor({ state: 'detached' });
  return said;
}

const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
const textOf = async (page: Page): Promise<string> => lines(await screenText(page));

/** Both show the same, once both have the size of the one who drives. */
async function expectSame(read: (page: Page) => Promise<unknown>, [one, other]: readonly [Page, Page]): Promise<void> {
  const same = async () => isDeepStrictEqual(await read(one), await read(other));
  await eventually(same, { within: 20_000, what: 'both pages show the same' }).catch(async () =>
    expect(await read(one)).toEqual(await read(other)),
  );
}

describe.skipIf(!hasBrowser)('a page that is opened late', () => {
  test.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('shows on a %s what the page shows that was there from the beginning', (_name, options) =>
    withSeed(async (_random, seed) => {
      const { api, pages } = own;
      const { id } = await api.runningSession(programs.paints(seed, PAINTED));
      const path = `/sessions/${id}`;
      const early = await pages.signedIn(path, options);
      await says(early, 'Connected');
      await shows(early, programs.ready);
      await early.locator('.xterm-helper-textarea').focus();
      await early.keyboard.type('p');
      await shows(early, '[painted 1]', 60_000);
      expect(await noLongerKept(early)).toBeUndefined();

      const late = await pages.signedIn(path, options);
      await shows(late, '[painted 1]', 30_000);
      await late.getByText(/of older output are no longer kept/).waitFor();
      await expectSame(screenCells, [late, early]);
      expect(await noLongerKept(late)).toMatch(/^the first [\d.]+ MB$/);
      expect(await sidewaysPixels(late)).toBe(0);

      await late.locator('.xterm-helper-textarea').focus();
      await late.keyboard.type('p');
      await shows(early, '[painted 2]', 60_000);
      await shows(late, '[painted 2]', 60_000);
      await expectSame(screenCells, [late, early]);
      expect(await textOf(late)).not.toContain('[typed');
      const { text } = SessionScreen.parse(await api.get(`/v1/sessions/${id}/screen`));
      expect(await textOf(late)).toBe(text);
    }),
  );

  test('on another screen shows what the program makes of its size', () =>
    withSeed(async (_random, seed) => {
      const { api, pages } = own;
      const { id } = await api.runningSession(programs.paints(seed, PAINTED));
      const desktop = await pages.signedIn(`/sessions/${id}`);
      await shows(desktop, programs.ready);
      await desktop.keyboard.type('p');
      await shows(desktop, '[painted 1]', 60_000);
      const phone = await pages.signedIn(`/sessions/${id}`, PHONE);
      await says(phone, 'Connected');
      await expectSame(textOf, [phone, desktop]);
      await phone.locator('.xterm-helper-textarea').focus();
      await phone.keyboard.type('p');
      await shows(phone, '[painted 2]', 60_000);
      await shows(desktop, '[painted 2]', 60_000);
      await expectSame(textOf, [phone, desktop]);

      await phone.keyboard.type('q');
      await says(phone, 'Closed', 20_000);
      const after = await pages.signedIn(`/sessions/${id}`);
      await says(after, 'Closed', 20_000);
      await shows(after, '[painted 2]');
    }));

  test('shows the last screen while the host is away, and goes on when it is back', () =>
    withSeed(async (_random, seed) => {
      const { api, pages, cluster } = own;
      const { id } = await api.runningSession(programs.paints(seed, PAINTED));
      const early = await pages.signedIn(`/sessions/${id}`);
      await shows(early, programs.ready);
      await early.keyboard.type('p');
      await shows(early, '[painted 1]', 60_000);
      const before = await textOf(early);
      const { pid } = cluster.worker();
      process.kill(pid, 'SIGSTOP');
      try {
        const late = await pages.signedIn(`/sessions/${id}`);
        await says(late, 'Host unreachable', 60_000);
        await expect.poll(() => textOf(late), { timeout: 10_000 }).toBe(before);
        process.kill(pid, 'SIGCONT');
        await says(late, 'Connected', 30_000);
        await late.keyboard.type('p');
        await shows(late, '[painted 2]', 60_000);
        await shows(early, '[painted 2]', 60_000);
        await expectSame(screenCells, [late, early]);
        expect(await textOf(late)).not.toContain('[typed');
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    }));
});
