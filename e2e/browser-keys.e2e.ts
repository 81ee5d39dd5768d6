import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserPages } from './harness/browser-pages.js';
import { DESKTOP, PHONE, SHELL, accessFaults, picture, says, screenText, shows, sidewaysPixels } from './harness/browser-pages.js';
import { eventually } from './harness/eventually.js';

let own: BrowserCluster;
let pages: BrowserPages;
let files = 0;

beforeAll(async () => {
  if (!hasBrowser) return;
  own = await startBrowserCluster();
  ({ pages } = own);
});

afterEach(() => pages?.close());

afterAll(() => own?.close());

/** A program that writes every byte that it is given to a file, after it has said something. */
class Recorder {
  private constructor(
    readonly id: string,
    private readonly file: string,
  ) {}

  static async start(says = ''): Promise<Recorder> {
    const file = join(own.cluster.folder, `keys-${++files}`);
    const { id } = await own.api.runningSession(['sh', '-c', 'stty raw -echo; printf "$2[ready]"; exec cat > "$1"', 'sh', file, says]);
    return new Recorder(id, file);
  }

  /** Everything since the last call, as soon as it has come. */
  async gets(expected: string): Promise<void> {
    this.before += expected;
    await eventually(() => this.now().length >= this.before.length, { what: `${JSON.stringify(expected)} arrives` }).catch(() => undefined);
    expect(JSON.stringify(this.now())).toBe(JSON.stringify(this.before));
  }

  private before = '';

  private now(): string {
    return readFileSync(this.file, 'utf8');
  }
}

async function opened(session: Recorder, options = PHONE): Promise<Page> {
  const page = await pages.signedIn(`/sessions/${session.id}`, options);
  await says(page, 'Connected');
  await shows(page, /\[ready\]/);
  return page;
}

const key = (page: Page, name: string) => page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name, exact: true });

/** A finger at one place after another. */
async function drag(touch: CDPSession, path: readonly { x: number; y: number }[]): Promise<void> {
  for (const [index, point] of path.entries())
    await touch.send('Input.dispatchTouchEvent', { type: index === 0 ? 'touchStart' : 'touchMove', touchPoints: [point] });
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

describe.skipIf(!hasBrowser)('on a phone', () => {
  test('every soft key sends its sequence, and is large enough for a finger', async () => {
    const session = await Recorder.start();
    const page = await opened(session);
    await key(page, 'More keys').tap();
    const boxes = await page.evaluate<{ width: number; height: number }[]>(
      `Array.from(document.querySelectorAll('.soft-key'), (key) => key.getBoundingClientRect().toJSON())`,
    );
    for (const { width, height } of boxes) {
      expect(width).toBeGreaterThanOrEqual(44);
      expect(height).toBeGreaterThanOrEqual(44);
    }
    expect(boxes).toHaveLength(24);
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
    expect(await accessFaults(page)).toEqual([]);
    await picture(page, 'phone-all-keys');
    for (const [name, sequence] of [
      ['Esc', '\u001b'],
      ['Tab', '\t'],
      ['Shift and Tab', '\u001b[Z'],
      ['Slash', '/'],
      ['Pipe', '|'],
      ['Dash', '-'],
      ['Control and C', '\u0003'],
      ['Left', '\u001b[D'],
      ['Up', '\u001b[A'],
      ['Down', '\u001b[B'],
      ['Right', '\u001b[C'],
      ['Enter', '\r'],
      ['Home', '\u001b[H'],
      ['End', '\u001b[F'],
      ['PgUp, page up', '\u001b[5~'],
      ['PgDn, page down', '\u001b[6~'],
      ['Control and D', '\u0004'],
      ['Control and R', '\u0012'],
    ] as const) {
      await key(page, name).tap();
      await session.gets(sequence);
    }
    // Keys of the phone's own keyboard.
    await page.locator('.terminal-place').tap();
    await page.keyboard.press('Enter');
    await session.gets('\r');
  });

  test('arrows follow the program, and repeat while they are held', async () => {
    const session = await Recorder.start('\\033[?1h');
    const page = await opened(session);
    await key(page, 'Up').tap();
    await session.gets('\u001bOA');
    const box = await key(page, 'Down').boundingBox();
    if (!box) throw new Error('the key is not shown');
    await page.mouse.move(box.x + 10, box.y + 10);
    await page.mouse.down();
    await session.gets('\u001bOB'.repeat(4));
    await page.mouse.up();
  });

  test('Ctrl and Alt hold for one key, or until they are pressed again, for any keyboard', async () => {
    const session = await Recorder.start();
    const page = await opened(session);
    await page.locator('.terminal-place').tap();
    await key(page, 'Ctrl').tap();
    await page.keyboard.press('a');
    await page.keyboard.press('b');
    await session.gets('\u0001b');
    await key(page, 'Ctrl').tap();
    await key(page, 'Ctrl').tap();
    await picture(page, 'phone-ctrl-locked');
    await page.keyboard.press('x');
    await key(page, 'Up').tap();
    await page.keyboard.press('e');
    await session.gets('\u0018\u001b[1;5A\u0005');
    await key(page, 'Ctrl, locked').tap();
    await key(page, 'Alt').tap();
    await page.keyboard.press('b');
    await session.gets('\u001bb');
    // A phone's keyboard announces no key: it inserts, or it composes a word.
    await key(page, 'Ctrl').tap();
    await page.keyboard.insertText('k');
    await session.gets('\u000b');
    const keyboard = await page.context().newCDPSession(page);
    await key(page, 'Ctrl').tap();
    await keyboard.send('Input.imeSetComposition', { text: 'r', selectionStart: 1, selectionEnd: 1 });
    await session.gets('\u0012');
    for (const text of ['w', 'wo', 'word'])
      await keyboard.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    await keyboard.send('Input.insertText', { text: 'word' });
    await page.keyboard.press('Enter');
    await session.gets('word\r');
  });

  test('pastes in brackets where the program asked for it, and T40 nothing in it is a key', async () => {
    const session = await Recorder.start('\\033[?2004h');
    const page = await opened(session);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pages.origin });
    await page.evaluate(`navigator.clipboard.writeText('one\\n\\u001b[201~two')`);
    await key(page, 'Paste').tap();
    await session.gets('\u001b[200~one\r[201~two\u001b[201~');
    // Without leave to read the clipboard, the page asks for the text.
    await page.context().clearPermissions();
    await key(page, 'Paste').tap();
    await page.getByRole('dialog', { name: 'Paste into the terminal' }).getByLabel('Text').fill('three');
    await picture(page, 'phone-paste');
    await page.getByRole('button', { name: 'Send' }).tap();
    await session.gets('\u001b[200~three\u001b[201~');
  });

  test('a finger scrolls, and a finger that rests gets the text', async () => {
    const { id } = await own.api.runningSession(['sh', '-c', 'for i in $(seq 1 300); do echo "row $i"; done; printf "[ready]"; exec cat']);
    const page = await pages.signedIn(`/sessions/${id}`, PHONE);
    await says(page, 'Connected');
    await shows(page, /row 300/);
    const touch = await page.context().newCDPSession(page);
    await drag(
      touch,
      [100, 150, 200, 250, 300, 350, 400, 450, 500].map((y) => ({ x: 100, y })),
    );
    await eventually(async () => !(await screenText(page)).includes('row 300'), { what: 'older rows are shown' });
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY');
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: 100, y: 300 }] });
    const sheet = page.getByRole('dialog', { name: 'Text of the terminal' });
    await sheet.waitFor();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    // Everything is there, out of sight too, from the terminal's own cells.
    expect(await sheet.locator('pre').textContent()).toBe(
      `${Array.from({ length: 300 }, (_, row) => `row ${row + 1}`).join('\n')}\n[ready]`,
    );
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.text-sheet')).userSelect`)).toBe('text');
    expect(await accessFaults(page)).toEqual([]);
    await picture(page, 'phone-text');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pages.origin });
    await page.evaluate(
      `getSelection().setBaseAndExtent(document.querySelector('.text-sheet').firstChild, 0, document.querySelector('.text-sheet').firstChild, 5)`,
    );
    await sheet.getByRole('button', { name: 'Copy' }).tap();
    await page.getByText('on the clipboard').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('row 1');
  });

  test('letters do not make the page zoom, and their size can be chosen', async () => {
    const session = await Recorder.start();
    const page = await opened(session);
    const field = page.locator('.xterm-helper-textarea');
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.xterm-helper-textarea')).fontSize`)).toBe('16px');
    for (const [name, value] of [
      ['autocapitalize', 'off'],
      ['autocorrect', 'off'],
      ['autocomplete', 'off'],
      ['spellcheck', 'false'],
    ] as const)
      expect(await field.getAttribute(name)).toBe(value);
    const { cols } = await own.api.session(session.id);
    await page.getByRole('button', { name: 'Actions for' }).tap();
    await page.getByRole('menuitem', { name: 'Terminal settings' }).tap();
    for (let step = 0; step < 4; step++) await page.getByRole('button', { name: 'Larger' }).tap();
    await page.getByText('16 px').waitFor();
    expect(await accessFaults(page)).toEqual([]);
    await picture(page, 'phone-settings');
    await page.getByRole('button', { name: 'Close' }).first().tap();
    await eventually(async () => (await own.api.session(session.id)).cols < cols, { what: 'fewer columns fit' });
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
  });
});

describe.skipIf(!hasBrowser)('on a keyboard', () => {
  test('the terminal can be left, searched and copied from', async () => {
    const { id } = await own.api.runningSession(SHELL);
    const page = await pages.signedIn(`/sessions/${id}`, DESKTOP);
    await says(page, 'Connected');
    await shows(page, /\$ /);
    await page.keyboard.type('echo needle-$((1+1)); seq 100\n');
    await shows(page, /\n100\n/);
    // Tab is the program's.
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
    await page.keyboard.press('Control+Shift+Space');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('All sessions');
    for (let steps = 0; steps < 12 && (await page.evaluate('document.activeElement.tagName')) !== 'TEXTAREA'; steps++)
      await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('textbox', { name: 'Find in the output' }).fill('NEEDLE-2');
    await page.getByText('1 of 1').waitFor();
    await shows(page, /needle-2/);
    await picture(page, 'desktop-find');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pages.origin });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+C');
    await eventually(async () => (await page.evaluate('navigator.clipboard.readText()')) === 'needle-2', {
      what: 'the selection is copied',
    });
  });

  test('T33: a link of a program is opened only when somebody says so, and only on the web', async () => {
    const link = (address: string, text: string): string => `\\033]8;;${address}\\033\\\\${text}\\033]8;;\\033\\\\\\r\\n`;
    const session = await Recorder.start(
      link('javascript:alert(1)', 'SCRIPT') + link('https://example.com/?<img src=x onerror=alert(1)>', 'SAFE-LOOKING'),
    );
    const page = await opened(session, DESKTOP);
    for (const [row, text] of [
      [0, 'SCRIPT'],
      [1, 'SAFE-LOOKING'],
    ] as const) {
      expect(await screenText(page)).toContain(text);
      const box = await page.locator('.xterm-rows > div').nth(row).boundingBox();
      if (!box) throw new Error('the row is not shown');
      await page.mouse.move(box.x + 20, box.y + 5);
      await page.mouse.click(box.x + 25, box.y + 6);
      if (text === 'SAFE-LOOKING') await page.getByRole('alertdialog', { name: 'Open this address?' }).waitFor();
      else expect(await page.getByRole('alertdialog').count()).toBe(0);
    }
    await page.getByText('https://example.com/?%3Cimg%20src=x%20onerror=alert(1)%3E').waitFor();
    expect(await accessFaults(page)).toEqual([]);
    await picture(page, 'desktop-link');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(page.context().pages()).toHaveLength(1);
  });

  test('a program that rings while nobody looks is called for in the title', async () => {
    const { id } = await own.api.runningSession(['sh', '-c', 'printf "\\007[ready]"; while read line; do printf "rang $line\\007"; done']);
    const page = await pages.signedIn(`/sessions/${id}`, DESKTOP);
    await says(page, 'Connected');
    await shows(page, /\[ready\]/);
    // Whoever looks needs no call, and what rang before was heard.
    await page.keyboard.type('1\n');
    await shows(page, /rang 1/);
    expect(await page.title()).not.toContain('●');
    await page.evaluate(`Object.defineProperty(document, 'hasFocus', { value: () => false, configurable: true })`);
    await page.keyboard.type('2\n');
    await shows(page, /rang 2/);
    await eventually(async () => (await page.title()).startsWith('● '), { what: 'the title calls' });
    await page.evaluate(`delete document.hasFocus; window.dispatchEvent(new Event('focus'))`);
    await eventually(async () => !(await page.title()).startsWith('●'), { what: 'the call is over' });
  });
});
