import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserPages } from './harness/browser-pages.js';
import { DESKTOP, PHONE, accessFaults, picture, says, screenText, shows, sidewaysPixels } from './harness/browser-pages.js';
import { AT_PROMPT, createClaude, workspaceOf } from './harness/claude-code.js';
import { eventually } from './harness/eventually.js';

let own: BrowserCluster;
let pages: BrowserPages;

beforeAll(async () => {
  if (!hasBrowser) return;
  own = await startBrowserCluster({ env: { BERTH_MODEL: 'scripted' } });
  ({ pages } = own);
});

afterEach(() => pages?.close());

afterAll(() => own?.close());

describe.skipIf(!hasBrowser).each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
])('Claude Code in a browser: %s', (device, options) => {
  test('answers, asks before it acts, and says that its model is a scripted one', async () => {
    const { id } = await createClaude(own.api);
    const page = await pages.signedIn(`/sessions/${id}`, options);
    await says(page, 'Connected', 30_000);
    await shows(page, AT_PROMPT, 30_000);
    await page.getByText('Scripted model').waitFor();
    await page.getByRole('link', { name: 'Add an Anthropic API key' }).waitFor();
    if (device === 'phone') await page.locator('.terminal-place').tap();
    await page.keyboard.type('RUNBASH: touch made_in_a_browser');
    await shows(page, 'made_in_a_browser');
    await page.keyboard.press('Enter');
    await shows(page, 'Do you want to proceed?');
    await picture(page, `claude-asks-${device}`);
    const file = join(workspaceOf(own.cluster, id), 'made_in_a_browser');
    expect(existsSync(file)).toBe(false);
    // A question takes no keys in its first moment.
    await eventually(
      async () => {
        if (!(await screenText(page)).includes('Do you want to proceed?')) return true;
        await page.keyboard.press('1');
        return false;
      },
      { every: 1_000, what: 'the question is answered' },
    );
    await shows(page, 'TOOL_RESULT(ok)');
    expect(existsSync(file)).toBe(true);
    if (device === 'phone') {
      await page.getByRole('button', { name: 'Shift and Tab' }).tap();
      await shows(page, /accept edits on/);
    }
    await picture(page, `claude-${device}`);
    expect(await sidewaysPixels(page)).toBeLessThanOrEqual(0);
    expect(await accessFaults(page)).toEqual([]);
  });
});
