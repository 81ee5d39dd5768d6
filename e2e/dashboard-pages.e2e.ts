import type { ModelSettings, SessionView } from '@berth/protocol';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { hasBrowser } from './harness/browser.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { eventually } from './harness/eventually.js';
import { PHONE, picture } from './harness/browser-pages.js';
import type { BrowserPages } from './harness/browser-pages.js';

/** A program that stays until it is ended. */
const STAYS = ['sleep', '600'];
const IMAGE = '<img src=x onerror="document.title=1">';

let berth: BrowserCluster;
let pages: BrowserPages;
let api: Api;

const row = (page: Page, title: string) => page.locator('[data-session]', { has: page.getByRole('link', { name: title, exact: true }) });

async function choose(page: Page, title: string, action: string): Promise<void> {
  await row(page, title)
    .getByRole('button', { name: /Actions for/ })
    .click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

/** The session whose page is shown. */
async function shownSession(page: Page): Promise<SessionView> {
  await page.waitForURL(/\/sessions\/ses_/);
  return api.session(new URL(page.url()).pathname.slice('/sessions/'.length));
}

beforeAll(async () => {
  if (!hasBrowser) return;
  berth = await startBrowserCluster({ env: { BERTH_MODEL: 'scripted', BERTH_WORKSPACE_ROOTS: '/tmp' } });
  ({ pages, api } = berth);
});

afterEach(() => pages?.close());

afterAll(() => berth?.close());

describe.skipIf(!hasBrowser)('the pages of the dashboard', () => {
  test('an empty list teaches; each kind of session can be started', async () => {
    const page = await pages.signedIn('/');
    await page.getByRole('heading', { name: 'Start your first session' }).waitFor();
    await picture(page, 'empty');
    await page.keyboard.press('n');
    await page.getByRole('dialog').getByLabel('Title').fill('With Claude');
    await page.getByLabel('Model').fill('opus');
    await page.getByRole('button', { name: /Permissions/ }).click();
    await page.getByRole('option', { name: /Plan first/ }).click();
    await picture(page, 'create');
    await page.getByRole('button', { name: 'Start session' }).click();
    expect(await shownSession(page)).toMatchObject({ program: 'claude', model: 'opus', permissionMode: 'plan', title: 'With Claude' });

    await page.goto(`${pages.origin}/`);
    await page.getByRole('button', { name: 'New session' }).click();
    await page.getByText('Shell', { exact: true }).click();
    await page.getByRole('button', { name: 'Start session' }).click();
    expect(await shownSession(page)).toMatchObject({ program: 'command', command: ['bash', '-l'], workspace: null });

    await page.goto(`${pages.origin}/`);
    await page.getByRole('button', { name: 'New session' }).click();
    await page.getByText('Command', { exact: true }).click();
    await page.getByRole('button', { name: 'Start session' }).click();
    await page.getByText('Name a program.').waitFor();
    await page.getByLabel('Program', { exact: true }).last().fill('sh');
    await page.getByLabel('Arguments').fill('-c\necho "$(id)"; sleep 600');
    await page.getByText('A folder on the host').click();
    await page.getByLabel('Path').fill('/etc');
    await page.getByRole('button', { name: 'Start session' }).click();
    await page.getByText('Choose an allowed folder').waitFor();
    await page.getByLabel('Path').fill('/tmp');
    await page.getByRole('button', { name: 'Start session' }).click();
    // No shell has read the line: it is one argument, as it was typed.
    expect(await shownSession(page)).toMatchObject({ command: ['sh', '-c', 'echo "$(id)"; sleep 600'], workspace: { path: '/tmp' } });
  });

  test('rename, close, filter, search and delete; another browser sees it happen', async () => {
    await api.createSession(STAYS, { title: 'First name' });
    const [page, other] = [await pages.signedIn('/'), await pages.signedIn('/?show=all', PHONE)];
    await row(other, 'First name').waitFor();
    // By the control socket: while that is away the lists only ask again now and then.
    for (const each of [page, other]) await each.getByText('Live', { exact: true }).waitFor();
    await choose(page, 'First name', 'Rename');
    await page.getByRole('dialog').getByLabel('Title').fill(`Second name ${IMAGE}`);
    await page.keyboard.press('Enter');
    const title = `Second name ${IMAGE}`;
    await row(page, title).waitFor();
    await row(other, title).waitFor();
    await row(page, title).getByText('Running').waitFor();

    await choose(page, title, 'Close');
    await picture(page, 'close');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    await choose(page, title, 'Close');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close session' }).click();
    await row(page, title).waitFor({ state: 'detached' });
    await row(other, title).getByText('Closed', { exact: true }).waitFor();

    await page.getByRole('radio', { name: 'Closed' }).click();
    await row(page, title).waitFor();
    expect(page.url()).toContain('show=closed');
    await page.keyboard.press('/');
    await page.keyboard.type('nothing like it');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await page.getByRole('searchbox').fill('SECOND');
    await row(page, title).waitFor();
    await page.reload();
    await row(page, title).waitFor();
    await choose(page, title, 'Delete');
    await page.getByText('Nobody can bring that back').waitFor();
    await page.getByRole('button', { name: 'Delete session' }).click();
    await row(page, title).waitFor({ state: 'detached' });
    await row(other, title).waitFor({ state: 'detached' });
    // T33: a title is text.
    expect([await page.locator('img').count(), await page.title()]).toEqual([0, 'Sessions · Berth']);
  });

  test('long lists come in pages', async () => {
    for (let made = 0; made < 55; made++) {
      const { id } = await api.createSession(['true'], { title: `Bulk ${made}` });
      await api.call('POST', `/v1/sessions/${id}/close`);
    }
    const page = await pages.signedIn('/?show=all&search=Bulk');
    await row(page, 'Bulk 54').waitFor();
    expect(await page.locator('[data-session]').count()).toBe(50);
    await page.getByRole('button', { name: 'Show older sessions' }).click();
    await row(page, 'Bulk 0').waitFor();
    expect(await page.locator('[data-session]').count()).toBe(55);
  });

  test('the list by keyboard alone', async () => {
    const sessions = [await api.createSession(STAYS, { title: 'Key one' }), await api.createSession(STAYS, { title: 'Key two' })];
    const page = await pages.signedIn('/?search=Key');
    await row(page, 'Key one').waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Key two');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Key one');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Open' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('m');
    await page.getByRole('heading', { name: 'Members' }).waitFor();
    await page.keyboard.press('g');
    await row(page, 'Key one').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/sessions\/ses_/);
    for (const { id } of sessions) await api.call('POST', `/v1/sessions/${id}/close`);
  });

  test('a member is added, signs in by the link, and is renamed, demoted, removed', async () => {
    const page = await pages.signedIn('/members');
    await page.getByRole('button', { name: 'Add member' }).click();
    await page.getByLabel('E-mail address').fill('second@example.com');
    await page.getByLabel('Name').fill(`Second ${IMAGE}`);
    await page.getByRole('button', { name: 'Add and make link' }).click();
    const link = await page.getByLabel('Sign-in link', { exact: true }).inputValue();
    berth.cluster.secrets.add('member link', new URL(link).hash.slice('#token='.length));
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    await picture(page, 'member-link');
    await page.getByRole('button', { name: 'Done' }).click();

    const second = await (await pages.context(PHONE)).newPage();
    await second.goto(link);
    await second.waitForURL((url) => url.pathname === '/');
    expect(second.url()).toBe(`${pages.origin}/`);
    await second.getByRole('button', { name: 'New session' }).first().waitFor();
    await second.goto(`${pages.origin}/members`);
    await second.getByText(`Second ${IMAGE}`).first().waitFor();
    expect(await second.getByRole('button', { name: 'Add member' }).count()).toBe(0);
    await second.goto(`${pages.origin}/settings`);
    await second.getByLabel('Name that others see').fill('second member');
    await second.getByRole('button', { name: 'Save name' }).click();
    await second.getByText('Your name is changed.').waitFor();
    await second.getByLabel('New password', { exact: true }).fill('a good password');
    await second.getByLabel('New password again').fill('a good password');
    await second.getByRole('button', { name: 'Set password' }).click();
    await second.getByText('Your password is set.').waitFor();

    await page.reload();
    await page.getByRole('button', { name: 'Actions for second member' }).click();
    await page.getByRole('menuitem', { name: 'Change role' }).click();
    await page.getByText('Watches; never types').click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await second.goto(`${pages.origin}/`);
    await second.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(await second.getByRole('button', { name: 'New session' }).count()).toBe(0);

    await page.getByRole('button', { name: 'Actions for second member' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove member' }).click();
    await page.getByText('second member is removed.').waitFor();
    await second.goto(`${pages.origin}/members`);
    await second.getByRole('heading', { name: 'Sign in to Berth' }).waitFor();
    await second.getByLabel('E-mail address').fill('second@example.com');
    await second.getByLabel('Password').fill('a good password');
    await second.getByRole('button', { name: 'Sign in' }).click();
    await second.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    expect([await page.locator('img').count(), await second.locator('img').count()]).toEqual([0, 0]);
  });

  test('the model can be chosen and given back; its key never comes back', async () => {
    const page = await pages.signedIn('/settings');
    await page.getByText('Scripted model').first().waitFor();
    await page.getByText('Anthropic', { exact: true }).click();
    await page.getByRole('button', { name: 'Save model' }).click();
    await page.getByText('Paste the whole API key.').waitFor();
    const key = berth.cluster.secrets.make('model-key');
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Save model' }).click();
    await page.getByText(`key ending in ${key.slice(-4)}`).waitFor();
    expect(await api.get<ModelSettings>('/v1/model-settings')).toMatchObject({ provider: 'anthropic', source: 'member' });
    await page.reload();
    await page.getByText(`key ending in ${key.slice(-4)}`).waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByText('Compatible service').first().click();
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1');
    await page.getByLabel('Bearer token').fill(key);
    await page.getByRole('button', { name: 'Save model' }).click();
    await page.getByText('at http://127.0.0.1:9/v1').waitFor();
    await page.getByRole('button', { name: /default/ }).click();
    await page.getByText('this installation').first().waitFor();
    await eventually(async () => (await api.get<ModelSettings>('/v1/model-settings')).source === 'installation', {
      what: 'the default holds again',
    });
  });
});
