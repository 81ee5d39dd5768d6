import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The browser that `npm test` found or installed, else Debian's. */
const PROGRAM = process.env['BERTH_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether browser tests can run on this machine; `npm test` says so when they cannot. */
export const hasBrowser = existsSync(PROGRAM);

/** A headless browser; whoever launches it closes it. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'],
  });
