import { history, lastTurn, resultText } from './conversation.js';
import type { MessagesRequest, ToolResultBlock } from './messages-request.js';

/** What the scripted model does about one request. */
export type Reply =
  | { kind: 'text'; text: string; /** Milliseconds between two words; 0 = at once. */ paceMs: number }
  | { kind: 'tool'; text: string; name: string; input: Record<string, unknown> }
  | { kind: 'failure'; status: number };

/** As fast as a slow reader reads, so that there is time to press Escape. */
const SLOW_WORD_MS = 200;
/** Half an hour of SLOW. */
const MAX_SLOW_WORDS = 9_000;
/** An answer to HISTORY is in the next one's history: whole texts would double each time. */
const HISTORY_TEXT_LENGTH = 200;

const RULES: readonly { pattern: RegExp; reply(match: RegExpExecArray, request: MessagesRequest): Reply }[] = [
  {
    pattern: /^RUNBASH:\s*([\s\S]+)$/,
    reply: ([, command = ''], request) => runTool(request, 'Bash', { command, description: 'Run what was asked for' }),
  },
  { pattern: /^RUNTOOL\s+(\S+)\s*([\s\S]*)$/, reply: ([, name = '', json = ''], request) => runTool(request, name, parseInput(json)) },
  { pattern: /^SLOW\s+(\d{1,6})$/, reply: ([, count]) => slow(Number(count)) },
  { pattern: /^HISTORY$/, reply: (_match, request) => say(tellHistory(request)) },
  { pattern: /^FAIL\s+([45]\d\d)$/, reply: ([, status]) => ({ kind: 'failure', status: Number(status) }) },
];

/** Chooses the answer by what was said last: same conversation, same answer. */
export function replyTo(request: MessagesRequest): Reply {
  if (request.output_config?.format?.type === 'json_schema') return say(JSON.stringify({ title: 'Scripted session' }));
  const turn = lastTurn(request);
  if (turn.kind === 'tool-results') return say(turn.results.map(reportResult).join('\n'));
  for (const { pattern, reply } of RULES) {
    const match = pattern.exec(turn.text);
    if (match) return reply(match, request);
  }
  return say(introduction(turn.text));
}

const say = (text: string): Reply => ({ kind: 'text', text, paceMs: 0 });

function slow(count: number): Reply {
  const words = Array.from({ length: Math.min(count, MAX_SLOW_WORDS) }, (_, index) => `word-${String(index + 1)}`);
  return { kind: 'text', text: words.join(' '), paceMs: SLOW_WORD_MS };
}

function runTool(request: MessagesRequest, name: string, input: Record<string, unknown> | undefined): Reply {
  if (input === undefined) return say(`The input of ${name} is not a JSON object. Write: RUNTOOL ${name} {"key": "value"}`);
  // Requests on the side, such as the one for a title, offer no tools and quote what a person wrote.
  if ((request.tools ?? []).length === 0) return say(`This request offers no tools, so ${name} cannot run.`);
  return { kind: 'tool', text: `I run ${name} as you asked.`, name, input };
}

function parseInput(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json.trim() === '' ? '{}' : json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function reportResult(result: ToolResultBlock): string {
  const firstLine = resultText(result)
    .split('\n')
    .find((line) => line.trim() !== '');
  return `TOOL_RESULT(${result.is_error === true ? 'error' : 'ok'}): ${firstLine?.trim() ?? '(no output)'}`;
}

function tellHistory(request: MessagesRequest): string {
  const said = history(request);
  const lines = said.map(({ role, text }) => `- ${role}: ${text.replaceAll(/\s+/g, ' ').slice(0, HISTORY_TEXT_LENGTH)}`);
  return [`HISTORY of ${String(said.length)} texts`, ...lines].join('\n');
}

const introduction = (
  text: string,
): string => `Hello! I am Berth's built-in **scripted model**, not Claude: I follow a few rules and understand nothing else.

You wrote: ${text.replaceAll(/\s+/g, ' ').slice(0, 100) || '(nothing)'}

To work with Claude, add a key in the dashboard under **Settings → Model**, or start Berth with \`ANTHROPIC_API_KEY\` set.

Until then you can try everything around the model. Type one of these:

- \`RUNBASH: ls\` runs a command with the Bash tool
- \`RUNTOOL Read {"file_path": "/etc/hostname"}\` runs any tool
- \`SLOW 50\` answers with 50 words, slowly: press Escape to interrupt
- \`HISTORY\` repeats what we said so far, after a restart too
- \`FAIL 529\` answers with an error: 401, 429, 500, 529`;
