import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasBrowser, launchBrowser } from './harness/browser.js';
import { eventually } from './harness/eventually.js';
import { signal } from './harness/process-table.js';
import { BerthStart, leftOf, processesOf } from './start/berth-start.js';
import { freshAccount } from './start/fresh-account.js';
import type { FreshAccount } from './start/fresh-account.js';

/** npm has unpacked this many packages: it is in the middle of its work. */
const UNPACKED = 50;
const INSTALL_MS = 240_000;
/** Claude Code starts, and draws its first screen. */
const CLAUDE_MS = 60_000;

let account: FreshAccount;

beforeEach(() => {
  account = freshAccount();
});

afterEach(async () => {
  const left = () => processesOf(account.dataFolder);
  for (const { pid } of left()) signal(pid, 'SIGKILL');
  await eventually(() => left().length === 0, { within: 10_000, what: 'every process of the start has ended' });
  account.remove();
});

const screenOf = async (page: Page): Promise<string> =>
  (await page.locator('.xterm-rows > div').allTextContents()).join('\n').replaceAll('\u00a0', ' ');

async function sees(page: Page, text: string): Promise<void> {
  await eventually(async () => (await screenOf(page)).includes(text), {
    within: CLAUDE_MS,
    every: 100,
    what: `the terminal shows ${text}`,
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it shows\n${await screenOf(page)}`);
  });
}

/** What a stranger does with the link: sign in, start a session, ask something. */
async function askClaude(link: string): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: 'New session' }).first().click();
    await page.getByRole('button', { name: 'Start session' }).click();
    await sees(page, 'for shortcuts');
    await page.keyboard.type('hello');
    await sees(page, '❯ hello');
    await page.keyboard.press('Enter');
    await sees(page, 'scripted model, not Claude');
  } finally {
    await browser.close();
  }
}

it('npm start in a fresh clone and a fresh account: interrupted during the install, started again, and Claude Code answers in the browser', async () => {
  expect(hasBrowser).toBe(true);
  const { checkout, dataFolder } = account;
  const modules = join(checkout, 'node_modules');
  const interrupted = new BerthStart({ dataFolder, root: checkout, account });
  await interrupted.reached(/^install +installing packages/m);
  await eventually(() => existsSync(modules) && readdirSync(modules).length > UNPACKED, {
    within: INSTALL_MS,
    what: 'npm unpacks packages',
  });
  interrupted.interrupt();
  expect(await interrupted.ended()).toBe(0);
  expect(leftOf(dataFolder)).toEqual([]);

  const next = new BerthStart({ dataFolder, root: checkout, account });
  await next.reached(/^install +done/m, INSTALL_MS);
  await next.ready();
  expect((await fetch(`${next.address}/ready`)).status).toBe(200);
  await askClaude(next.signInLink);
  next.interrupt();
  expect(await next.ended()).toBe(0);
  expect(leftOf(dataFolder)).toEqual([]);
}, 600_000);
