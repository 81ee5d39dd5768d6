import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { Me, Members, SessionScreen, SessionView, page } from '@berth/protocol';
import { verifySeeded } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { BerthCli, DETACH } from './harness/berth-cli.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { BERTH } from './harness/paths.js';
import { programs } from './harness/programs.js';

interface Finding {
  name: string;
  result: string;
  detail: string;
  advice?: string;
}

let cluster: Cluster;
let api: Api;
let cli: BerthCli;
const Sessions = page(SessionView);

beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  api = await cluster.signIn();
  cli = await BerthCli.owner(cluster);
});
afterAll(() => cluster.close());

describe('sessions', () => {
  test('are started, listed, renamed, suspended, woken, closed, deleted; JSON has the shape of the REST interface', async () => {
    const made = SessionView.parse(await cli.json('new', '--title', 'first of all', '--', ...programs.echo));
    const { id } = made;
    await api.sessionWhen(id, 'running', ({ status }) => status === 'running');
    const listed = Sessions.parse(await cli.json('ls'));
    expect(listed.items.find((session) => session.id === id)).toMatchObject({ title: 'first of all', status: 'running' });
    expect(SessionView.parse(await cli.json('sessions', 'rename', 'first of all', 'renamed')).title).toBe('renamed');
    expect(SessionView.parse(await cli.json('sessions', 'suspend', id.slice(-8))).id).toBe(id);
    await api.sessionWhen(id, 'suspended', ({ status }) => status === 'suspended');
    expect((await cli.run(['attach', 'renamed'])).code).toBe(1);
    expect(SessionView.parse(await cli.json('sessions', 'wake', 'renamed')).id).toBe(id);
    await api.sessionWhen(id, 'running', ({ status }) => status === 'running');
    expect((await cli.run(['sessions', 'rm', id])).code).toBe(1);
    expect(SessionView.parse(await cli.json('sessions', 'close', id)).id).toBe(id);
    await api.sessionWhen(id, 'closed', ({ status }) => status === 'closed');
    expect(Sessions.parse(await cli.json('ls')).items.map((session) => session.id)).not.toContain(id);
    expect(Sessions.parse(await cli.json('ls', '--all')).items.map((session) => session.id)).toContain(id);
    expect(Sessions.parse(await cli.json('ls', '--status', 'closed')).items.map((session) => session.id)).toContain(id);
    expect((await cli.run(['sessions', 'rm', id])).code).toBe(0);
    expect((await api.call('GET', `/v1/sessions/${id}`)).status).toBe(404);
    Me.parse(await cli.json('whoami'));
    Members.parse(await cli.json('user', 'ls'));
  });

  test('screen prints what a session shows, or showed last, and nothing that drives a terminal', async () => {
    const text = '\\033[31mred\\033[m and 界\\r\\n\\033]2;title\\007\\033[8mhidden\\033[m\\r\\nleft\\342\\200\\256right';
    const { id } = await api.runningSession(['sh', '-c', `printf '${text}'; read line; printf 'got %s' "$line"`], { cols: 40, rows: 5 });
    await eventually(async () => (await cli.run(['sessions', 'screen', id])).stdout.includes('left'), { what: 'the session shows it' });
    expect(await cli.run(['sessions', 'screen', id])).toEqual({ code: 0, stdout: 'red and 界\nhidden\nleft\\u202eright\n', stderr: '' });
    const screen = SessionScreen.parse(await cli.json('sessions', 'screen', id.slice(-8)));
    expect(screen).toMatchObject({ cols: 40, rows: 5, text: 'red and 界\nhidden\nleft\u202eright', losses: [] });
    expect(screen.serialized).toContain('31mred');
    expect((await cli.run(['sessions', 'close', id])).code).toBe(0);
    await api.sessionWhen(id, 'closed', ({ status }) => status === 'closed');
    expect((await cli.run(['sessions', 'screen', id])).stdout).toContain('red and 界\nhidden\n');
    const { code, stderr } = await cli.run(['sessions', 'screen', 'no such title']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no session') as string });
  });

  test('new prints the id where there is no terminal, attaches where there is one', async () => {
    const { stdout, code } = await cli.run(['sessions', 'new', '--', ...programs.echo]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ses_[0-9a-f]{32}\n$/);
    expect((await cli.run(['sessions', 'rm', '--force', stdout.trim()])).code).toBe(0);
    const { pty } = await cli.open(['new', '--title', 'in a terminal', '--', ...programs.echo]);
    await pty.shows(programs.ready);
    pty.type(DETACH);
    expect(await pty.ended()).toBe(0);
    const back = await cli.open(['attach', 'in a terminal', '--detach-key', 'ctrl-p ctrl-q']);
    await back.pty.shows(programs.ready);
    back.pty.type(`${DETACH}still here`);
    await back.pty.shows('still here');
    back.pty.type('\u0010\u0011');
    expect(await back.pty.ended()).toBe(0);
  });

  test('a folder that the server does not allow is refused with those that it does', async () => {
    const { code, stderr } = await cli.run(['new', '/etc', '--no-attach']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /^berth: no session may be started in \/etc.+\n {7}The server allows no folders by path: BERTH_WORKSPACE_ROOTS.+\n$/,
    );
  });

  test('output without a terminal: --watch writes the session’s bytes to a file, unchanged', async () => {
    const { id } = await api.createSession(programs.seeded(7, 300_000));
    const { stdout } = await promisify(execFile)(process.execPath, [BERTH, 'attach', id, '--watch'], {
      env: cli.env,
      encoding: 'buffer',
      maxBuffer: 1e7,
    });
    expect(stdout.length).toBe(300_000);
    expect(verifySeeded(7, 0, stdout)).toBe(-1);
  });

  test('standard input from a pipe reaches the program, and its exit code comes back', async () => {
    const { id } = await api.createSession(['sh', '-c', 'stty raw -echo; printf "[go]"; dd bs=1 count=5 2>/dev/null; exit 9']);
    const { code, stdout } = await cli.run(['attach', id], { stdin: 'hello' });
    expect(stdout).toBe('[go]hello');
    expect(code).toBe(9);
  });

  test('T33 T63 a title drives no terminal, neither in a table nor in JSON', async () => {
    const title = 'sneaky \u202e\u2028 title';
    const { id } = await api.createSession(programs.echo, { title });
    await cluster.database.query('UPDATE sessions SET title = $1 WHERE id = $2', [
      `\u001b]0;owned\u0007\u009b31m${title}`,
      id.replace('ses_', ''),
    ]);
    const table = await cli.run(['ls']);
    const json = await cli.run(['ls', '--json']);
    expect(table.stdout).toContain(String.raw`\u001b]0;owned\u0007\u009b31msneaky \u202e`);
    for (const { stdout } of [table, json]) expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    const found = (JSON.parse(json.stdout) as { items: { id: string; title: string }[] }).items.find((session) => session.id === id);
    expect(found?.title).toContain('\u001b]0;owned');
    await api.expect('POST', `/v1/sessions/${id}/close`);
  });

  test('a table fits the terminal', async () => {
    await api.createSession(programs.echo, { title: 'a title that is far too long for a narrow terminal, wherever it may be shown' });
    for (const cols of [40, 60, 100]) {
      const { pty } = await cli.open(['ls'], { cols, rows: 30 });
      expect(await pty.ended()).toBe(0);
      // One line a session: nothing is wrapped.
      const lines = stripVTControlCharacters(pty.output).split('\r\n');
      for (const line of lines) expect(Buffer.from(line, 'latin1').toString().length).toBeLessThanOrEqual(cols);
    }
  });
});

describe('usage', () => {
  test.each([
    [['nonsense']],
    [['sessions', 'nonsense']],
    [['ls', '--nonsense']],
    [['ls', '--status', 'nonsense']],
    [['attach', 'x', '--detach-key', 'q']],
    [['attach', 'x', '--give-up', 'soon']],
    [['new', '--']],
    [['ls', '--', 'x']],
    [['user', 'add', 'x@example.com', '--role', 'king']],
    [['new', '--model', 'opus', '--', 'sh']],
  ])('%j is refused with exit code 2', async (args) => {
    const { code, stderr, stdout } = await cli.run(args);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(4);
    expect(stderr).not.toBe('');
    expect(stdout).toBe('');
  });

  test('a bad environment is reported at once', async () => {
    const { code, stderr } = await cli.run(['ls'], { env: { BERTH_SERVER: 'nonsense', BERTH_CONFIG_DIR: 'relative' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/BERTH_SERVER[^]*BERTH_CONFIG_DIR/);
  });

  test('help and version', async () => {
    expect((await cli.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await cli.run(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Examples:');
    for (const command of ['attach', 'new', 'login']) expect((await cli.run([command, '--help'])).stdout).toContain('Examples:');
  });

  test('no server: exit code 4 and what to do', async () => {
    const gone = await cluster.addGateway();
    const lonely = await BerthCli.owner(cluster, `http://127.0.0.1:${String(gone.port)}`);
    await gone.kill();
    const { code, stderr } = await lonely.run(['ls']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^berth: http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\n {7}.+berth doctor.+\n$/);
  });

  test('colours: none without a terminal, none with NO_COLOR', async () => {
    await api.runningSession(programs.echo);
    expect((await cli.run(['ls'])).stdout).not.toContain('\u001b');
    const coloured = await cli.open(['ls']);
    await coloured.pty.ended();
    expect(coloured.pty.output).toContain('\u001b[32mrunning');
    const plain = await cli.open(['ls'], { env: { NO_COLOR: '1' } });
    await plain.pty.ended();
    expect(plain.pty.output).not.toContain('\u001b[32m');
  });

  test('a reader that has enough is no failure', async () => {
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-c', 'set -o pipefail; "$@" --help | head -1', 'bash', process.execPath, BERTH],
      { env: cli.env },
    );
    expect(stdout).toBe('Usage: berth [options] [command]\n');
  });
});

describe('completions', () => {
  test.each(['bash', 'zsh', 'fish'])('%s gets a script', async (shell) => {
    const { code, stdout } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('berth');
    expect(stdout.length).toBeGreaterThan(500);
  });

  test('bash completes commands and choices', async () => {
    const script = join(cluster.folder, 'berth-completion.bash');
    writeFileSync(script, (await cli.run(['completion', 'bash'])).stdout);
    const ask = (line: string): string => {
      const words = line.split(' ');
      const program = `berth() { "${process.execPath}" "${BERTH}" "$@"; }; source "${script}"; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length - 1)}; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; $(complete -p berth | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', program], { env: cli.env, encoding: 'utf8' }).stdout;
    };
    expect(ask('berth sess')).toContain('sessions');
    expect(ask('berth sessions att')).toContain('attach');
  });

  test('an unknown shell is refused', async () => {
    expect((await cli.run(['completion', 'nonsense'])).code).toBe(2);
  });
});

describe('doctor', () => {
  const doctor = async (person: BerthCli, ...args: string[]): Promise<{ code: number | null; findings: Map<string, Finding> }> => {
    const { code, stdout } = await person.run(['doctor', '--json', ...args]);
    const { items } = JSON.parse(stdout) as { items: Finding[] };
    return { code, findings: new Map(items.map((finding) => [finding.name, finding])) };
  };

  test('finds a good server good', async () => {
    const { findings } = await doctor(cli);
    for (const name of ['reachable', 'clock', 'ready', 'version', 'round trip', 'signed in', 'byte socket', 'control socket'])
      expect(findings.get(name), name).toMatchObject({ result: 'ok' });
    expect(findings.has('model')).toBe(true);
    const { stdout } = await cli.run(['doctor']);
    expect(stdout).toContain('✓ reachable:');
  });

  test('says that nobody is signed in', async () => {
    const { code, findings } = await doctor(BerthCli.of(cluster));
    expect(code).toBe(3);
    expect(findings.get('signed in')).toMatchObject({ result: 'failed', advice: expect.stringContaining('berth login') as string });
  });

  test('says that nobody answers', async () => {
    const { code, findings } = await doctor(cli, '--server', 'http://127.0.0.1:9');
    expect(code).toBe(4);
    expect(findings.get('reachable')).toMatchObject({ result: 'failed' });
  });

  test('finds out a proxy that passes no WebSockets on, a wrong clock, a server of another version', async () => {
    const described = { info: { title: 'Berth' }, paths: { '/v1/me': { get: {} } } };
    const proxy = createServer((request, response) => {
      response.setHeader('Date', new Date(Date.now() - 3_600_000).toUTCString());
      if (request.url === '/health') response.end('{"status":"ok"}');
      else if (request.url === '/ready') response.writeHead(503).end('{"ready":false,"reasons":["redis"]}');
      else if (request.url === '/openapi.json') response.end(JSON.stringify(described));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { code, findings } = await doctor(cli, '--server', `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`);
    expect(code).toBe(1);
    for (const name of ['clock', 'ready', 'version', 'control socket'])
      expect(findings.get(name), name).toMatchObject({ result: 'failed' });
    expect(findings.get('ready')?.detail).toContain('redis');
    expect(findings.get('control socket')).toMatchObject({
      detail: 'is refused with 404',
      advice: expect.stringContaining('/socket.io/') as string,
    });
    proxy.close();
  });
});

describe('the launcher', () => {
  test('under a Node that is too old it goes on under the packaged one, or says what is missing', async () => {
    const old = spawnSync('sh', ['-c', 'PATH=$(echo "$PATH" | tr : "\\n" | grep -v node_modules | paste -sd:); command -v node'], {
      encoding: 'utf8',
    }).stdout.trim();
    const version = spawnSync(old, ['--version'], { encoding: 'utf8' }).stdout;
    const ran = await cli.run(['--version'], { node: old });
    expect({ version, code: ran.code }).toEqual({ version, code: 0 });
  });

  test('in a checkout that is not built it says how to build it', () => {
    const copy = join(cluster.folder, 'unbuilt', 'bin');
    mkdirSync(copy, { recursive: true });
    const file = join(copy, 'berth.mjs');
    writeFileSync(file, readFileSync(BERTH));
    chmodSync(file, 0o755);
    const { status, stderr } = spawnSync(process.execPath, [file, 'ls'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('npm run build');
  });
});
