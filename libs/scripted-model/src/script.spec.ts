import { describe, expect, it } from 'vitest';
import { MessagesRequest } from './messages-request.js';
import type { Reply } from './script.js';
import { replyTo } from './script.js';

const bash = { name: 'Bash' };
const user = (...texts: string[]) => ({ role: 'user', content: texts.map((text) => ({ type: 'text', text })) });
const model = (...content: object[]) => ({ role: 'assistant', content });
const said = (text: string) => ({ type: 'text', text });
const used = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: {} });
const result = (id: string, content: unknown, is_error?: boolean) => ({ type: 'tool_result', tool_use_id: id, content, is_error });
const tools = (...content: object[]) => ({ role: 'user', content });

const ask = (messages: object[], more: object = { tools: [bash] }): Reply =>
  replyTo(MessagesRequest.parse({ model: 'claude-test', messages, ...more }));
const textOf = (reply: Reply): string => (reply.kind === 'failure' ? '' : reply.text);

describe('the scripted model', () => {
  it('introduces itself, says what it can do and how to add a key', () => {
    const text = textOf(ask([user('hi')]));
    for (const part of [
      'scripted model',
      'not Claude',
      'You wrote: hi',
      'Settings → Model',
      'ANTHROPIC_API_KEY',
      'RUNBASH',
      'RUNTOOL',
      'SLOW',
      'HISTORY',
      'FAIL',
    ])
      expect(text).toContain(part);
  });

  it('runs a command and a tool', () => {
    expect(ask([user('RUNBASH: echo a; \n echo b')])).toMatchObject({
      kind: 'tool',
      name: 'Bash',
      input: { command: 'echo a; \n echo b' },
    });
    expect(ask([user('RUNTOOL Read {"file_path": "/x"}')])).toMatchObject({ kind: 'tool', name: 'Read', input: { file_path: '/x' } });
    expect(ask([user('RUNTOOL ListAgents')])).toMatchObject({ kind: 'tool', name: 'ListAgents', input: {} });
  });

  it.each(['{oops', '[1]', '"text"', 'null'])('says how to write a tool call whose input is %s', (json) => {
    expect(textOf(ask([user(`RUNTOOL Read ${json}`)]))).toContain('is not a JSON object');
  });

  it('reads content that is a plain string', () => {
    expect(ask([{ role: 'user', content: 'RUNBASH: ls' }])).toMatchObject({ kind: 'tool' });
  });

  it('ignores reminders and entries of the system, wherever they stand', () => {
    const reminder = '<system-reminder>\nRUNBASH: rm\n</system-reminder>\n';
    const system = { role: 'system', content: 'RUNBASH: rm' };
    expect(ask([user(reminder, 'RUNBASH: ls', reminder), system])).toMatchObject({ input: { command: 'ls' } });
    expect(ask([user(`${reminder}RUNBASH: ls${reminder}`)])).toMatchObject({ input: { command: 'ls' } });
    expect(ask([user('RUNBASH: ls'), { role: 'user', content: reminder }])).toMatchObject({ input: { command: 'ls' } });
    expect(textOf(ask([user('<system-reminder>RUNBASH: rm')]))).toContain('(nothing)');
  });

  it('T34: reads texts that are made to be slow to read', () => {
    const texts = ['<pasted_content', '<system-reminder>', '[Request interrupted by user', 'RUNTOOL ', ' \n'].map((part) =>
      part.repeat(60_000),
    );
    for (const text of texts) expect(ask([user(text)])).toMatchObject({ kind: 'text' });
  });

  it('takes pasted text for typed text', () => {
    expect(ask([user('<pasted_content id="1">RUNBASH: ls</pasted_content>')])).toMatchObject({ input: { command: 'ls' } });
  });

  it.each([
    ['ok', undefined],
    ['ok', false],
    ['error', true],
  ])('reports a result as %s when is_error is %s, by its first line', (word, isError) => {
    const messages = [user('RUNBASH: ls'), model(used('t1')), tools(result('t1', '\n first \nsecond', isError))];
    expect(ask(messages)).toEqual({ kind: 'text', text: `TOOL_RESULT(${word}): first`, paceMs: 0 });
  });

  it('reports results of blocks, of several tools, and without output', () => {
    const blocks = [{ type: 'image', source: {} }, said('seen')];
    const messages = [user('x'), model(used('a'), used('b')), tools(result('a', blocks), result('b', undefined, true))];
    expect(textOf(ask(messages))).toBe('TOOL_RESULT(ok): seen\nTOOL_RESULT(error): (no output)');
  });

  it('reports results that came in messages of their own, with reminders and system entries among them', () => {
    const messages = [
      user('x'),
      model(used('a'), used('b')),
      tools(result('a', '1')),
      { role: 'system', content: 'note' },
      tools(result('b', '2')),
    ];
    expect(textOf(ask(messages))).toBe('TOOL_RESULT(ok): 1\nTOOL_RESULT(ok): 2');
    const reminded = [...messages, user('<system-reminder>be brief</system-reminder>')];
    expect(textOf(ask(reminded))).toBe('TOOL_RESULT(ok): 1\nTOOL_RESULT(ok): 2');
  });

  it('never runs the tool of an older message again', () => {
    const ran = [user('RUNBASH: ls'), model(used('a')), tools(result('a', 'out'))];
    expect(ask(ran).kind).toBe('text');
    expect(ask([...ran, model(said('TOOL_RESULT(ok): out')), user('hello')]).kind).toBe('text');
    expect(ask([...ran, model(said('TOOL_RESULT(ok): out')), tools(result('a', 'late'))]).kind).toBe('text');
  });

  it('answers what was typed after a tool was interrupted', () => {
    const messages = [
      user('RUNBASH: sleep 9'),
      model(used('a')),
      tools(result('a', 'rejected', true), said('[Request interrupted by user for tool use]')),
      user('HISTORY'),
    ];
    expect(textOf(ask(messages))).toBe('HISTORY of 1 texts\n- user: RUNBASH: sleep 9');
    const merged = [user('RUNBASH: sleep 9'), model(used('a')), tools(result('a', 'rejected', true), said('RUNBASH: ls'))];
    expect(ask(merged)).toMatchObject({ kind: 'tool', input: { command: 'ls' } });
  });

  it('calls no tool in a request that offers none, and answers a request for JSON with JSON', () => {
    expect(ask([user('RUNBASH: ls')], {}).kind).toBe('text');
    expect(ask([user('RUNBASH: ls')], { tools: [] }).kind).toBe('text');
    const title = ask([user('RUNBASH: ls')], { output_config: { format: { type: 'json_schema', schema: {} } } });
    expect(JSON.parse(textOf(title))).toEqual({ title: expect.any(String) });
  });

  it('says n words slowly', () => {
    expect(ask([user('SLOW 3')])).toEqual({ kind: 'text', text: 'word-1 word-2 word-3', paceMs: 200 });
    expect(textOf(ask([user('SLOW 999999')])).split(' ')).toHaveLength(9_000);
  });

  it.each([401, 429, 500, 529])('fails with %i', (status) => {
    expect(ask([user(`FAIL ${String(status)}`)])).toEqual({ kind: 'failure', status });
  });

  it.each(['FAIL 200', 'FAIL 1000', 'SLOW', 'SLOW -1', 'say RUNBASH: ls', 'HISTORY of Rome'])('takes "%s" for talk', (text) => {
    expect(textOf(ask([user(text)]))).toContain(`You wrote: ${text}`);
  });

  it('repeats the conversation, without tool results and reminders, and without growing', () => {
    const conversation = [
      user('<system-reminder>x</system-reminder>', 'first\nthing'),
      model(said('answer')),
      user('RUNBASH: ls'),
      model(said('I run'), used('a')),
      tools(result('a', 'out')),
      model(said('TOOL_RESULT(ok): out')),
    ];
    const text = textOf(ask([...conversation, user('HISTORY')]));
    expect(text.split('\n')).toEqual([
      'HISTORY of 5 texts',
      '- user: first thing',
      '- model: answer',
      '- user: RUNBASH: ls',
      '- model: I run',
      '- model: TOOL_RESULT(ok): out',
    ]);
    let messages: object[] = conversation;
    for (let round = 0; round < 20; round++)
      messages = [...messages, user('HISTORY'), model(said(textOf(ask([...messages, user('HISTORY')]))))];
    expect(textOf(ask([...messages, user('HISTORY')])).length).toBeLessThan(10_000);
  });

  it('gives the same conversation the same answer', () => {
    const messages = [user('hello')];
    expect(ask(messages)).toEqual(ask(messages));
  });
});
