import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@berth/testing';
import type { TempDir } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversationOf } from './claude-conversation.js';

const OWN = '019ace5e-0000-7000-8000-000000000001';
const OTHER = '019ace5e-0000-7000-8000-000000000002';

let temp: TempDir;
let folder = '';
beforeEach(async () => {
  temp = await tempDir();
  folder = temp.path;
});
afterEach(() => temp.remove());

describe('conversationOf', () => {
  const said = (id: string) => `{"type":"mode","sessionId":"${id}"}\n{"parentUuid":null,"type":"user","message":{},"sessionId":"${id}"}\n`;
  const typed = (id: string, text = 'hello') => `${JSON.stringify({ display: text, project: '/w', sessionId: id })}\n`;
  const write = async (id: string, content: string, project = '-w') => {
    await mkdir(join(folder, 'projects', project), { recursive: true });
    await writeFile(join(folder, 'projects', project, `${id}.jsonl`), content);
  };

  it('starts where there is no transcript', async () => {
    expect(await conversationOf(folder, OWN)).toEqual({ start: OWN });
  });

  it('does not wait for a named pipe in place of a file', async () => {
    execFileSync('mkfifo', [join(folder, 'history.jsonl')]);
    await write(OWN, said(OWN));
    expect(await conversationOf(folder, OWN)).toEqual({ resume: OWN });
  });

  it('resumes the one of its own id, whatever its folder is called', async () => {
    await write(OTHER, said(OTHER), '-another-folder');
    await write(OWN, said(OWN), '-some-folder');
    expect(await conversationOf(folder, OWN)).toEqual({ resume: OWN });
  });

  it('resumes the one that was last typed in: after /clear that is another', async () => {
    await write(OWN, said(OWN));
    await write(OTHER, said(OTHER));
    await writeFile(join(folder, 'history.jsonl'), typed(OWN) + typed(OTHER, `a prompt with "sessionId":"${OWN}" in it`));
    expect(await conversationOf(folder, OWN)).toEqual({ resume: OTHER });
  });

  it('falls back to its own id when that one was never said anything in', async () => {
    await write(OWN, said(OWN));
    await write(OTHER, `{"type":"mode","sessionId":"${OTHER}"}\n`);
    await writeFile(join(folder, 'history.jsonl'), typed(OWN) + typed(OTHER));
    expect(await conversationOf(folder, OWN)).toEqual({ resume: OWN });
  });

  it('puts a transcript out of the way in which nothing was said, for its id could not be used again', async () => {
    await write(OWN, `{"type":"mode","sessionId":"${OWN}"}\n{"type":"us`);
    expect(await conversationOf(folder, OWN)).toEqual({ start: OWN });
    expect(await readFile(join(folder, 'projects', '-w', `${OWN}.jsonl.empty`), 'utf8')).toContain(OWN);
  });

  it('takes nothing from a history that is not as known', async () => {
    await write(OWN, said(OWN));
    await writeFile(join(folder, 'history.jsonl'), '{"sessionId":"../../etc/passwd"}\n');
    expect(await conversationOf(folder, OWN)).toEqual({ resume: OWN });
  });
});
