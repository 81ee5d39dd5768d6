import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserPages } from './harness/browser-pages.js';
import { DESKTOP, PHONE, accessFaults, picture, says, screenCells, screenText, shows, sidewaysPixels } from './harness/browser-pages.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';

let own: BrowserCluster;
let cluster: Cluster;
let pages: BrowserPages;

beforeAll(async () => {
  if (!hasBrowser) return;
  own = await startBrowserCluster();
  ({ cluster, pages } = own);
});

afterEach(() => pages?.close());

afterAll(() => own?.close());

/** What a program has written to a file of the test's. */
const written = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Signs in by a link and starts a shell by the dialog, as a stranger would. */
async function newShell(options: BrowserContextOptions): Promise<Page> {
  const page = await (await pages.context(options)).newPage();
  await page.goto(await own.loginLink());
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
  await page.getByRole('button', { name: 'New session' }).first().click();
  await page.getByText('Shell', { exact: true }).click();
  await page.getByRole('button', { name: 'Start session' }).click();
  await page.waitForURL(/\/sessions\/ses_/);
  await says(page, 'Connected', 20_000);
  await shows(page, /[$#] /);
  return page;
}

/** A screen that stands still. */
async function settledCells(page: Page): Promise<string[][]> {
  let before = '';
  return eventually(
    async () => {
      const cells = await screenCells(page);
      const now = JSON.stringify(cells);
      const same = now === before;
      before = now;
      return same && cells;
    },
    { every: 400, what: 'the screen stands still' },
  );
}

describe.skipIf(!hasBrowser).each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
])('a session in a browser: %s', (device, options) => {
  test('starts, types, is the same after a reload, and goes on without a lost key when the gateway is killed', async () => {
    const file = join(cluster.folder, `typed-${device}`);
    const page = await newShell(options);
    if (device === 'phone') await page.locator('.terminal-place').tap();
    await page.keyboard.type(`PS1='$ '; clear; printf '\\033[1;31mred\\033[0m %s\\n' $((6*7))\n`);
    await shows(page, /^red 42/m);
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
    await picture(page, `session-${device}`);

    const before = await settledCells(page);
    await page.reload();
    await says(page, 'Connected');
    await shows(page, /^red 42/m);
    expect(await settledCells(page)).toEqual(before);

    expect(await accessFaults(page)).toEqual([]);
    if (device === 'phone') await page.locator('.terminal-place').tap();
    await page.keyboard.type(`cat > ${file}\n`);
    const lines = Array.from({ length: 40 }, (_, line) => `line ${line} of what is typed`);
    const typing = (async () => {
      for (const line of lines) await page.keyboard.type(`${line}\n`, { delay: 8 });
    })();
    await eventually(() => written(file).includes('line 3 '), { what: 'the first lines are written' });
    await cluster.gateway().kill();
    await says(page, 'Reconnecting');
    // The note waits a moment, so that short breaks go unseen.
    await page.getByText('what you type is kept').waitFor();
    await eventually(async () => (await page.evaluate('getComputedStyle(document.querySelector(".session-notice")).opacity')) === '1', {
      what: 'the note can be read',
    });
    await picture(page, `reconnecting-${device}`);
    await cluster.gateway().start();
    await typing;
    await says(page, 'Connected', 15_000);
    await page.keyboard.press('Control+d');
    await eventually(() => written(file).split('\n').length > lines.length, { what: 'everything is written' });
    expect(written(file)).toBe(`${lines.join('\n')}\n`);
    await page.keyboard.type('echo go-$((1+1))\n');
    await shows(page, 'go-2');
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
    expect(await screenText(page)).not.toContain('──');
  });
});
