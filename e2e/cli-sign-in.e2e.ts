import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { InvitedMember, LoginLink, Me } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { OWNER_EMAIL, startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';

let cluster: Cluster;
let api: Api;

beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

const newLink = async (): Promise<string> => LoginLink.parse(await api.expect('POST', '/v1/auth/links')).url;
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** What every failure looks like: what, and what to do. */
function expectExplained(stderr: string): void {
  expect(stderr).toMatch(/^berth: .+\n {7}.+\n$/);
}

describe('signing in', () => {
  test('by link, whose server is taken from it; the link works once', async () => {
    const link = await newLink();
    const cli = BerthCli.of(cluster, 'http://127.0.0.1:9');
    const { code, stdout, stderr } = await cli.run(['login', link]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Signed in at ${cluster.address()} as`);
    const again = await BerthCli.of(cluster).run(['login', link]);
    expect(again.code).toBe(3);
    expectExplained(again.stderr);
  });

  test('by link on standard input', async () => {
    const cli = BerthCli.of(cluster);
    expect(await cli.run(['login', '-'], { stdin: `${await newLink()}\n` })).toMatchObject({ code: 0 });
    expect(Me.parse(await cli.json('whoami')).user.email).toBe(OWNER_EMAIL);
  });

  test('by e-mail address and password on standard input', async () => {
    const cli = await BerthCli.owner(cluster);
    expect((await cli.run(['whoami'])).stdout).toContain(OWNER_EMAIL);
  });

  test('at the terminal, where the password is not shown', async () => {
    const cli = BerthCli.of(cluster);
    const { pty } = await cli.open(['login']);
    await pty.shows('E-mail address');
    pty.type(`${OWNER_EMAIL}\r`);
    await pty.shows('Password');
    pty.type(`${cluster.password}\r`);
    expect(await pty.ended()).toBe(0);
    expect(pty.output).toContain('Signed in at');
    expect(pty.output).not.toContain(cluster.password);
    expect(Me.parse(await cli.json('whoami')).user.email).toBe(OWNER_EMAIL);
  });

  test('with a wrong password, a wrong server, none at all', async () => {
    const cli = BerthCli.of(cluster);
    const wrong = await cli.run(['login', '--stdin'], { stdin: `${OWNER_EMAIL}\nwrong\n` });
    expect(wrong.code).toBe(3);
    expectExplained(wrong.stderr);
    for (const args of [['whoami'], ['sessions', 'ls'], ['attach', 'x'], ['login-link'], ['user', 'ls']]) {
      const ran = await cli.run(args);
      expect(ran.code, args.join(' ')).toBe(3);
      expectExplained(ran.stderr);
    }
    const away = await cli.run(['login', '--stdin', '--server', 'http://127.0.0.1:9'], { stdin: `${OWNER_EMAIL}\nx\n` });
    expect(away.code).toBe(4);
    expectExplained(away.stderr);
    expect((await cli.run(['login'])).code).toBe(2);
    expect((await cli.run(['login', 'https://berth.example.com/login'])).code).toBe(2);
    expect((await cli.run(['login', '--server', 'ftp://x'])).code).toBe(2);
  });

  test('is forgotten by logout, here and on the server', async () => {
    const cli = await BerthCli.owner(cluster);
    const stored = readFileSync(cli.credentials, 'utf8');
    expect((await cli.run(['logout'])).code).toBe(0);
    expect((await cli.run(['whoami'])).code).toBe(3);
    writeFileSync(cli.credentials, stored);
    expect((await cli.run(['whoami'])).code).toBe(3);
  });

  test('never sends what it knows of one server to another', async () => {
    const cli = await BerthCli.owner(cluster);
    const other = await cluster.addGateway();
    expect((await cli.run(['whoami', '--server', `http://127.0.0.1:${String(other.port)}`])).code).toBe(3);
  });
});

describe('the credentials file', () => {
  test('can be opened by its owner alone, and holds neither password nor link', async () => {
    const cli = await BerthCli.owner(cluster);
    expect(mode(cli.credentials)).toBe('600');
    expect(mode(cli.configDir)).toBe('700');
    expect(readFileSync(cli.credentials, 'utf8')).not.toContain(cluster.password);
  });

  test('is refused when others can open it, with the way to mend it', async () => {
    const cli = await BerthCli.owner(cluster);
    for (const [path, open, closed] of [
      [cli.credentials, 0o644, 0o600],
      [cli.configDir, 0o755, 0o700],
    ] as const) {
      chmodSync(path, open);
      const ran = await cli.run(['whoami']);
      expect(ran.code).toBe(1);
      expectExplained(ran.stderr);
      expect(ran.stderr).toContain(`chmod ${closed.toString(8)} ${path}`);
      chmodSync(path, closed);
    }
    expect((await cli.run(['whoami'])).code).toBe(0);
  });

  test('is not written into a folder that others can open; the link is not spent', async () => {
    const cli = BerthCli.of(cluster);
    mkdirSync(cli.configDir, { mode: 0o755 });
    chmodSync(cli.configDir, 0o755);
    const link = await newLink();
    expect((await cli.run(['login', link])).code).toBe(1);
    chmodSync(cli.configDir, 0o700);
    expect((await cli.run(['login', link])).code).toBe(0);
  });

  test('is shared: twelve processes that renew at once all succeed, and the sign-in lives on', async () => {
    const cli = await BerthCli.owner(cluster);
    const expire = (): void => {
      const content = JSON.parse(readFileSync(cli.credentials, 'utf8')) as { servers: Record<string, { access?: { expiresAt: number } }> };
      for (const server of Object.values(content.servers)) if (server.access) server.access.expiresAt = 0;
      writeFileSync(cli.credentials, JSON.stringify(content));
    };
    for (let round = 0; round < 2; round += 1) {
      expire();
      const codes = await Promise.all(Array.from({ length: 12 }, async () => (await cli.run(['whoami'])).code));
      expect(codes).toEqual(Array.from({ length: 12 }, () => 0));
    }
  });

  test('survives an access token that the server takes back: it is renewed, unseen', async () => {
    const cli = await BerthCli.owner(cluster);
    const content = JSON.parse(readFileSync(cli.credentials, 'utf8')) as { servers: Record<string, { access?: { token: string } }> };
    for (const server of Object.values(content.servers)) if (server.access) server.access.token = 'not-a-token';
    writeFileSync(cli.credentials, JSON.stringify(content));
    expect((await cli.run(['whoami'])).code).toBe(0);
  });
});

describe('a second member', () => {
  test('is added, signs in by the link, and drives the same session', async () => {
    const owner = await BerthCli.owner(cluster);
    const added = InvitedMember.parse(await owner.json('user', 'add', 'second@example.com', '--name', 'second member', '--role', 'member'));
    const second = BerthCli.of(cluster);
    expect((await second.run(['login', added.link.url])).code).toBe(0);
    expect(Me.parse(await second.json('whoami'))).toMatchObject({ role: 'member', user: { email: 'second@example.com' } });

    const { id } = await echoSession(api);
    const theirs = await owner.open(['attach', id]);
    const ours = await second.open(['attach', id]);
    await ours.pty.shows('[ready]');
    await theirs.pty.shows('[ready]');
    ours.pty.type('from the second member');
    await theirs.pty.shows('from the second member');
    theirs.pty.type('from the owner');
    await ours.pty.shows('from the owner');
    theirs.pty.type(DETACH);
    expect(await theirs.pty.ended()).toBe(0);

    // Reset: the sign-in ends, its terminal closes, and a new link replaces it.
    const reset = InvitedMember.parse(await owner.json('user', 'reset', 'second@example.com'));
    expect(await ours.pty.ended()).toBe(3);
    expect((await second.run(['whoami'])).code).toBe(3);
    expect((await second.run(['login', reset.link.url])).code).toBe(0);
    const listed = await owner.run(['user', 'ls']);
    expect(listed.stdout).toContain('second@example.com');

    expect((await owner.run(['user', 'rm', 'second@example.com'])).code).toBe(2);
    expect((await owner.run(['user', 'rm', 'second@example.com', '--yes'])).code).toBe(0);
    expect((await second.run(['whoami'])).code).toBe(3);
    expect((await owner.run(['user', 'reset', 'nobody@example.com'])).code).toBe(1);
  });

  test('who may only watch cannot type, and leaves with Ctrl-C', async () => {
    const owner = await BerthCli.owner(cluster);
    const added = InvitedMember.parse(await owner.json('user', 'add', 'watcher@example.com', '--role', 'viewer'));
    const watcher = BerthCli.of(cluster);
    await watcher.run(['login', added.link.url]);
    const { id, from } = await echoSession(api);
    const { pty } = await watcher.open(['attach', id]);
    await pty.shows('[ready]');
    pty.type('nothing');
    pty.type('\u0003');
    expect(await pty.ended()).toBe(0);
    expect((await api.output(id, from)).bytes.toString()).toBe('');
    expect((await watcher.run(['user', 'add', 'x@example.com'])).code).toBe(3);
  });

  test('a link for the phone is an address and a QR code on a terminal, the address alone elsewhere', async () => {
    const owner = await BerthCli.owner(cluster);
    const { stdout } = await owner.run(['login-link']);
    expect(stdout).toMatch(/^http\S+\/login#token=\S+\n$/);
    const { pty } = await owner.open(['login-link']);
    expect(await pty.ended()).toBe(0);
    expect(Buffer.from(pty.output, 'latin1').toString()).toMatch(/[▀▄█]{10}/);
  });
});
