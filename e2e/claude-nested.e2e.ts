import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { allow, AT_PROMPT, createClaude, screenAt, workspaceOf } from './harness/claude-code.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import type { Screen } from './harness/screen.js';
import { isInstalled } from './harness/installed.js';

const SIZE = { cols: 120, rows: 40 };
/** Several starts of the CLI, on a machine that does other things as well. */
const NESTED_MS = 45_000;

let cluster: Cluster;
let api: Api;
let upstream: ScriptedModel;
let workspace: string;
let screen: Screen;

beforeAll(async () => {
  upstream = await startScriptedModel();
  cluster = await startCluster({
    gateways: 1,
    workerEnv: () => ({ ANTHROPIC_API_KEY: 'canary-key-of-the-worker', ANTHROPIC_BASE_URL: upstream.url }),
  });
  cluster.secrets.add('model key', 'canary-key-of-the-worker');
  api = await cluster.signIn();
  const { id } = await createClaude(api, SIZE);
  workspace = workspaceOf(cluster, id);
  screen = await screenAt(cluster, 0, { sessionId: id, token: api.token, clientId: 'driver', drive: true, ...SIZE });
  await screen.shows(AT_PROMPT);
});
afterAll(async () => {
  screen.close();
  await cluster.close();
  await upstream.close();
});

/** Has Claude run a command with its Bash tool, and says yes to it; `word` comes back when it has ended. */
async function runsInBash(command: string, word: string): Promise<void> {
  await screen.enter(`RUNBASH: ${command}; echo ${word}`);
  await allow(screen);
  await screen.shows(`TOOL_RESULT(ok): ${word}`, NESTED_MS);
}

/** What the model was asked in a nested session comes back in its answer, through the file. */
async function answered(file: string, prompt: string): Promise<void> {
  const read = (): string => {
    try {
      return readFileSync(join(workspace, file), 'utf8');
    } catch {
      return '';
    }
  };
  await eventually(() => read().includes(`You wrote: ${prompt}`), { within: NESTED_MS, every: 100, what: `${file} has an answer` }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}; it has ${JSON.stringify(read())}, the screen shows\n${screen.text()}`);
    },
  );
}

test('Claude’s Bash tool runs `claude -p` in a pipe', async () => {
  await runsInBash('claude -p "hi" | cat > out', 'piped');
  await answered('out', 'hi');
});

test('and in the background, several at a time', async () => {
  await runsInBash('claude -p "one" > one & claude -p "two" > two & wait', 'waited');
  await answered('one', 'one');
  await answered('two', 'two');
});

test.runIf(isInstalled('tmux'))('and in tmux, which belongs to this session alone', async () => {
  await runsInBash(`tmux new-session -d -s nested 'claude -p "in tmux" > in-tmux; exec sleep 600'`, 'detached');
  await answered('in-tmux', 'in tmux');
  const other = await api.createSession(['sh', '-c', 'tmux list-sessions; exit 0']);
  await api.sessionWhen(other.id, 'closed', ({ status }) => status === 'closed');
  expect((await api.output(other.id)).bytes.toString()).not.toContain('nested');
});

test('in a login shell, `claude` can be typed', async () => {
  const { id } = await api.runningSession(['bash', '-l'], SIZE);
  const shell = await screenAt(cluster, 0, { sessionId: id, token: api.token, clientId: 'typist', drive: true, ...SIZE });
  await shell.enter(`claude -p "by hand" > "$BERTH_WORKSPACE/by-hand"; echo "done: $?"`);
  await shell.shows('done: 0', NESTED_MS);
  expect(readFileSync(join(workspaceOf(cluster, id), 'by-hand'), 'utf8')).toContain('You wrote: by hand');
  shell.close();
});
