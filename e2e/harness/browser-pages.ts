import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { OWNER_EMAIL } from './cluster.js';
import { eventually } from './eventually.js';

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** A shell whose prompt is known. */
export const SHELL = ['env', 'PS1=$ ', 'sh'];

/** Small enough for a README. */
const PICTURE_BYTES = 300 * 1024;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Pages of one browser at one address of Berth, and what the browser complained about meanwhile. */
export class BrowserPages {
  /** Broken rules of the content-security policy among it. */
  readonly complaints: string[] = [];
  /** Other addresses than ours that a page asked for. */
  readonly strangers: string[] = [];
  private readonly contexts: BrowserContext[] = [];

  constructor(
    private readonly browser: Browser,
    readonly origin: string,
    private readonly password: string,
  ) {}

  async context(options: BrowserContextOptions = DESKTOP): Promise<BrowserContext> {
    const context = await this.browser.newContext(options);
    this.contexts.push(context);
    context.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (protocol !== 'data:' && host !== new URL(this.origin).host) this.strangers.push(request.url());
    });
    context.on('console', (message) => {
      // A request that fails is shown by the browser itself: not being signed in, and connections that tests cut.
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
        this.complaints.push(message.text());
    });
    context.on('weberror', (error) => this.complaints.push(error.error().stack ?? String(error.error())));
    return context;
  }

  /** Fills the form in and presses it. */
  async signIn(page: Page, email = OWNER_EMAIL): Promise<void> {
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(this.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** A page that was signed in at the form on its way to a path. */
  async signedIn(path: string, options?: BrowserContextOptions): Promise<Page> {
    const page = await (await this.context(options)).newPage();
    await page.goto(`${this.origin}${path}`);
    await this.signIn(page);
    return page;
  }

  /** Closes what is open; rejects when a browser complained or asked somebody else. */
  async close(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
    const [complaints, strangers] = [this.complaints.splice(0), this.strangers.splice(0)];
    if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('\n')}`);
    if (strangers.length > 0) throw new Error(`a page asked others: ${strangers.join('\n')}`);
  }
}

/** What the terminal shows, row by row: each cell's text as it is painted. */
export const screenText = async (page: Page): Promise<string> =>
  (await page.locator('.xterm-rows > div').allTextContents()).join('\n').replaceAll('\u00a0', ' ');

/** Runs in the page: each painted cell as its character, colours and attributes; where the cursor is, but not how it is drawn. */
const CELLS = `Array.from(document.querySelectorAll('.xterm-rows > div'), (row) =>
  Array.from(row.children, (span) => {
    const classes = Array.from(span.classList).filter((name) => !name.startsWith('xterm-cursor-')).sort().join(' ');
    const look = [classes, span.style.color, span.style.backgroundColor].join('|');
    return Array.from(span.textContent ?? '', (character) => character + ' ' + look);
  }).flat(),
)`;

/** What the terminal shows, cell by cell, for comparing two screens. */
export const screenCells = (page: Page): Promise<string[][]> => page.evaluate(CELLS);

/** Waits until the terminal shows something. */
export async function shows(page: Page, text: string | RegExp, within = 10_000): Promise<void> {
  const isShown = (screen: string): boolean => (typeof text === 'string' ? screen.includes(text) : text.test(screen));
  await eventually(async () => isShown(await screenText(page)), {
    within,
    every: 30,
    what: `the terminal shows ${String(text)}`,
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it shows:\n${await screenText(page)}`);
  });
}

/** Waits for the word in the bar that says how the connection and the session stand. */
export async function says(page: Page, text: string | RegExp, within = 10_000): Promise<void> {
  try {
    await page.locator('.status-text').filter({ hasText: text }).waitFor({ timeout: within });
  } catch (error) {
    throw new Error(`${String(error)}; it says ${JSON.stringify(await page.locator('.session-bar').allTextContents())}`, { cause: error });
  }
}

/** Keeps a picture where `E2E_PICTURES` wants it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['E2E_PICTURES'];
  if (folder === undefined) return;
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size > PICTURE_BYTES) throw new Error(`the picture ${name} has ${size} bytes, ${PICTURE_BYTES} at most`);
}

/**
 * Faults of accessibility that keep people out: `rule: elements`. What the component library reads aloud, it reads out of an element that refers to
 * another one for seconds after that is gone; that element is seen and heard by nobody and is left out.
 */
export async function accessFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>(`axe.run({ exclude: ['[data-live-announcer] [role=img]'] })`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`).join(', ')}`);
}

/** Pixels by which the page can be pushed sideways. */
export const sidewaysPixels = (page: Page): Promise<number> => page.evaluate('document.scrollingElement.scrollWidth - window.innerWidth');
