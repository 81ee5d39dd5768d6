import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerLab, CANARY, anthropic } from './testing/broker-lab.js';
import { tokenOf } from './testing/call.js';
import { ClaudeCode } from './testing/claude-code.js';

const lab = new BrokerLab();
let claude: ClaudeCode;
beforeEach(async () => {
  claude = await ClaudeCode.create();
});
afterEach(async () => {
  await claude.close();
  await lab.close();
});

const file = (name: string): Promise<string> => readFile(join(claude.workspace, name), 'utf8');
const SCRIPTED = 'scripted model';
/** Each starts Claude Code from the Bash tool of another one, and leaves its answer in `out`. */
const NESTED: Record<string, string> = {
  directly: 'claude -p hi > out',
  'in a pipe': 'claude -p hi | cat > out',
  'in the background': '(claude -p hi > out) & wait',
  'in a session of its own': 'perl -MPOSIX -e "setsid; exec @ARGV" claude -p hi > out',
};
if (spawnSync('tmux', ['-V']).status === 0) {
  NESTED['in tmux'] =
    "tmux new-session -d 'claude -p hi > out 2>&1; tmux wait-for -S done' \\; set-option -g exit-empty on; tmux wait-for done";
}

describe.each(['unix', 'tcp'] as const)('Claude Code through the broker on %s', (transport) => {
  async function setUp() {
    const model = await lab.model();
    return { model, ...(await lab.broker(anthropic(model.url), { transport })) };
  }

  it('gets its answer, and its use is metered', async () => {
    const { broker, model, metered } = await setUp();
    const finished = await claude.print('hi', broker.environment);
    expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(SCRIPTED) });
    expect(model.requests.map(({ path, headers }) => [path, headers['x-api-key']])).toEqual([['/v1/messages?beta=true', CANARY]]);
    expect(model.requests[0]?.headers['x-claude-code-session-id']).toMatch(/^[0-9a-f-]{36}$/);
    await broker.close();
    expect(metered).toHaveLength(1);
    expect(metered[0]?.cacheWriteTokens).toBeGreaterThan(1_000);
  });

  it.each(Object.entries(NESTED))('answers a Claude Code that was started %s inside it', async (_how, command) => {
    const { broker, model, metered } = await setUp();
    const finished = await claude.print(`RUNBASH: ${command}`, broker.environment);
    expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('TOOL_RESULT(ok)') });
    expect(await file('out')).toContain(SCRIPTED);
    expect(model.requests).toHaveLength(3);
    expect(new Set(model.requests.map(({ headers }) => headers['x-claude-code-session-id'])).size).toBe(2);
    await broker.close();
    expect(metered).toHaveLength(3);
  });

  it('shows it the placeholder and nothing of the key', async () => {
    const { broker } = await setUp();
    const look =
      'env > seen; for p in $$ $PPID; do tr "\\0" "\\n" < /proc/$p/environ >> seen; tr "\\0" "\\n" < /proc/$p/cmdline >> seen; done; true';
    expect(await claude.print(`RUNBASH: ${look}`, broker.environment)).toMatchObject({ exitCode: 0 });
    expect(await file('seen')).toContain(`ANTHROPIC_AUTH_TOKEN=${tokenOf(broker)}`);
    const files = (await readdir(claude.folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(1);
    for (const entry of files) expect(await readFile(join(entry.parentPath, entry.name), 'latin1'), entry.name).not.toContain(CANARY);
  });

  it('T49: is stopped at once when its run is fenced in the middle of an answer', async () => {
    const { broker, model, fence } = await setUp();
    const finished = claude.print('SLOW 9000', broker.environment);
    await waitFor(() => model.requests.length > 0, 20_000, 'the model call');
    fence();
    expect(await finished).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('This run of the session is over') });
    expect(model.requests).toHaveLength(1);
  });

  it('T49: gets nothing with the placeholder of another session', async () => {
    const { broker, model } = await setUp();
    const other = await lab.broker(anthropic(model.url), { transport });
    const environment = { ...broker.environment, ANTHROPIC_AUTH_TOKEN: tokenOf(other.broker) };
    expect(await claude.print('hi', environment)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('only the token of that session'),
    });
    expect(model.requests).toEqual([]);
  });

  it('shows at once what to do when nobody has chosen a model', async () => {
    const { broker } = await lab.broker({ kind: 'none' }, { transport });
    expect(await claude.print('hi', broker.environment)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('open Settings → Model'),
    });
  });

  it('shows at once that the tenant’s key is not valid, and works once it is', async () => {
    const { broker, use, model } = await setUp();
    use(
      anthropic(
        await lab.upstream(
          (_incoming, response) =>
            void response.writeHead(401).end('{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'),
        ),
      ),
    );
    expect(await claude.print('hi', broker.environment)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('replace it under Settings → Model'),
    });
    use(anthropic(model.url));
    expect(await claude.print('hi', broker.environment)).toMatchObject({ exitCode: 0 });
  });

  it('waits out a limit that the upstream sets', async () => {
    const { broker, model, use } = await setUp();
    let limited = 0;
    use(
      anthropic(
        await lab.upstream((_incoming, response) => {
          limited++;
          use(anthropic(model.url));
          response.writeHead(429, { 'retry-after': '1' }).end('{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}');
        }),
      ),
    );
    expect(await claude.print('hi', broker.environment)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(SCRIPTED) });
    expect([limited, model.requests.length]).toEqual([1, 1]);
  });

  it('resumes a conversation through the broker of a later run', async () => {
    const { broker, model } = await setUp();
    const id = randomUUID();
    await claude.print('the first words', broker.environment, ['--session-id', id]);
    await broker.close();
    const next = await lab.broker(anthropic(model.url), { transport });
    const { stdout } = await claude.print('HISTORY', next.broker.environment, ['--resume', id]);
    expect(stdout).toContain('- user: the first words');
    expect(stdout).toContain(`- model: Hello! I am Berth's built-in`);
  });
});

describe('ANTHROPIC_UNIX_SOCKET, which is not documented', () => {
  it('is what Claude Code uses, rather than the address', async () => {
    const model = await lab.model();
    const { broker } = await lab.broker(anthropic(model.url));
    let strayed = 0;
    const decoy = await lab.upstream((_incoming, response) => {
      strayed++;
      response.writeHead(402).end();
    });
    const finished = await claude.print('hi', { ...broker.environment, ANTHROPIC_BASE_URL: decoy });
    const why =
      'this version of Claude Code no longer honours ANTHROPIC_UNIX_SOCKET: stay on the older one, or make loopback TCP the default of openBroker';
    expect({ strayed, exitCode: finished.exitCode, calls: model.requests.length }, why).toEqual({ strayed: 0, exitCode: 0, calls: 1 });
    // The decoy does see a Claude Code that has no socket.
    const { ANTHROPIC_UNIX_SOCKET: _socket, ...withoutSocket } = broker.environment;
    await claude.print('hi', { ...withoutSocket, ANTHROPIC_BASE_URL: decoy });
    expect(strayed).toBeGreaterThan(0);
  });
});
