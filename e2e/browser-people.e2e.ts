import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InvitedMember, MemberRole } from '@berth/protocol';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from './harness/browser.js';
import type { BrowserCluster } from './harness/browser-cluster.js';
import { startBrowserCluster } from './harness/browser-cluster.js';
import type { BrowserPages } from './harness/browser-pages.js';
import { DESKTOP, PHONE, SHELL, accessFaults, picture, says, shows, sidewaysPixels } from './harness/browser-pages.js';
import { eventually } from './harness/eventually.js';

/** Whoever was at a gateway that is gone is not shown as being here any more after this. */
const CLEARED_MS = 10_000;

let own: BrowserCluster;
let pages: BrowserPages;

beforeAll(async () => {
  if (!hasBrowser) return;
  own = await startBrowserCluster();
  ({ pages } = own);
});

afterEach(() => pages?.close());

afterAll(() => own?.close());

/** Somebody new in the team, who opens the link that the owner was given for them, and then a session. */
async function invited(name: string, role: MemberRole, sessionId: string, options?: BrowserContextOptions): Promise<Page> {
  const { link } = await own.api.expect<InvitedMember>('POST', '/v1/members', {
    email: `${name.replaceAll(' ', '-')}@example.com`,
    name,
    role,
  });
  const { pathname, hash } = new URL(link.url);
  own.cluster.secrets.add('link', hash.slice('#token='.length));
  const page = await (await pages.context(options)).newPage();
  await page.goto(`${pages.origin}${pathname}${hash}`);
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
  await page.goto(`${pages.origin}/sessions/${sessionId}`);
  await says(page, 'Connected');
  return page;
}

const people = (page: Page) => page.getByRole('button', { name: /(person|people) here/ });

const written = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Everything that is typed ends up in a file. */
async function recorded(name: string): Promise<{ id: string; file: string }> {
  const file = join(own.cluster.folder, name);
  const { id } = await own.api.runningSession(['sh', '-c', 'stty raw -echo; printf "[ready]"; exec tee "$1"', 'sh', file]);
  return { id, file };
}

describe.skipIf(!hasBrowser)('two people at one session', () => {
  test('each sees that the other is here, and that he has left', async () => {
    const { id } = await own.api.runningSession(SHELL);
    const owner = await pages.signedIn(`/sessions/${id}`);
    await says(owner, 'Connected');
    const second = await invited('second member', 'member', id, PHONE);
    for (const page of [owner, second])
      await eventually(async () => (await people(page).getAttribute('aria-label')) === '2 people here', { what: 'both are here' });
    await people(owner).click();
    const list = owner.getByRole('dialog', { name: '2 people here' });
    await list.getByText('second member').waitFor();
    expect(await list.getByRole('listitem').first().textContent()).toContain('(you)');
    expect(await accessFaults(owner)).toEqual([]);
    await picture(owner, 'people-desktop');
    await owner.keyboard.press('Escape');
    expect(await sidewaysPixels(second)).toBeLessThanOrEqual(0);
    await second.context().close();
    await eventually(async () => (await people(owner).getAttribute('aria-label')) === '1 person here', { what: 'one has left' });
  });

  test('whoever only watches types nothing, is told why, and sees the screen of who types', async () => {
    const { id, file } = await recorded('watched');
    const owner = await pages.signedIn(`/sessions/${id}`);
    await shows(owner, /\[ready\]/);
    await owner.keyboard.type('from the owner');
    const watcher = await invited('watcher', 'viewer', id, PHONE);
    await shows(watcher, /from the owner/);
    const { cols } = await own.api.session(id);
    expect(cols).toBeGreaterThan(100);
    await watcher.getByText(`Shown as ${cols} ×`).waitFor();
    expect(await sidewaysPixels(watcher)).toBeLessThanOrEqual(0);
    await watcher.locator('.terminal-place').tap();
    await watcher.keyboard.type('nobody hears this');
    await watcher.getByText('You are a viewer in this team').first().waitFor();
    expect(await watcher.getByRole('toolbar', { name: 'Keys' }).count()).toBe(0);
    await picture(watcher, 'watching-phone');
    expect((await own.api.session(id)).cols).toBe(cols);

    // A member may choose to watch only, and to type again.
    await people(owner).click();
    await owner.getByText('Watch only').click();
    await people(owner).filter({ hasText: 'Watching' }).waitFor();
    await picture(owner, 'watch-only-desktop');
    await owner.keyboard.press('Escape');
    await owner.locator('.terminal-place').click();
    await owner.keyboard.type('nor this');
    await owner.getByText('You only watch').waitFor();
    await people(owner).click();
    await owner.getByText('Watch only', { exact: true }).click();
    await owner.keyboard.press('Escape');
    await people(owner).filter({ hasNotText: 'Watching' }).waitFor();
    await owner.locator('.terminal-place').click();
    await owner.keyboard.type(', again');
    await eventually(() => written(file) === 'from the owner, again', {
      what: 'what the driver typed has arrived, and nothing else',
    }).catch(() => expect(written(file)).toBe('from the owner, again'));
  });

  test('the program has the size of the window that types; others say so', async () => {
    const { id } = await own.api.runningSession(SHELL);
    const desktop = await pages.signedIn(`/sessions/${id}`, DESKTOP);
    await says(desktop, 'Connected');
    const wide = (await own.api.session(id)).cols;
    const phone = await pages.signedIn(`/sessions/${id}`, PHONE);
    await says(phone, 'Connected');
    await eventually(async () => (await own.api.session(id)).cols < 60, { what: 'the phone has the size' });
    await desktop.getByText('the size of another window that types').waitFor();
    await picture(desktop, 'size-of-a-phone');
    await desktop.keyboard.type('echo back\n');
    await eventually(async () => (await own.api.session(id)).cols === wide, { what: 'who types has the size' });
    await phone.getByRole('button', { name: 'Fit to this window' }).tap();
    await eventually(async () => (await own.api.session(id)).cols < 60, { what: 'the phone has the size again' });
  });

  test('who was at a gateway that was killed is gone from the page within 10 s', async () => {
    const { id } = await own.api.runningSession(SHELL);
    const owner = await pages.signedIn(`/sessions/${id}`);
    await says(owner, 'Connected');
    const other = await own.addGateway();
    const second = await other.pages.signedIn(`/sessions/${id}`);
    await says(second, 'Connected');
    for (const page of [owner, second]) await people(page).click();
    for (const page of [owner, second]) await page.getByText('in 2 windows').waitFor();
    await other.gateway.kill();
    await says(second, 'Reconnecting');
    await owner.getByText('in 2 windows').waitFor({ state: 'detached', timeout: CLEARED_MS });
    await other.pages.close();
  });
});
