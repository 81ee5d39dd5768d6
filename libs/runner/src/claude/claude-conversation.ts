import { constants } from 'node:fs';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conversation } from './claude-arguments.js';

/** A prompt's own text cannot be taken for it: quotes in it are escaped. */
const TYPED_IN = /"sessionId":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/g;
/** A line of a transcript with which a conversation exists; the CLI refuses to resume one that has none. */
const SAID = /^\{[^\n]*"type":"(?:user|assistant)"/m;
/** The last line of the history, and the first words of a transcript, lie within this many bytes; both files grow without a limit. */
const LOOK_BYTES = 1024 * 1024;

async function readPart(path: string, part: 'head' | 'tail'): Promise<string> {
  // The session's programs can put anything there: without O_NONBLOCK a named pipe would hold one of this process' few threads for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const stats = await file.stat();
    const size = stats.isFile() ? stats.size : 0;
    const buffer = Buffer.alloc(Math.min(size, LOOK_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, part === 'head' ? 0 : size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The conversation in which somebody typed last: `/clear` and `/resume` lead to another one than the run began with. */
async function lastTypedIn(config: string): Promise<string | undefined> {
  return [...(await readPart(join(config, 'history.jsonl'), 'tail')).matchAll(TYPED_IN)].at(-1)?.[1];
}

/** Transcripts lie in a folder a working directory, which the CLI names in its own way: each is looked into instead. */
async function transcript(config: string, id: string): Promise<string | undefined> {
  const projects = join(config, 'projects');
  for (const folder of await readdir(projects).catch((): string[] => [])) {
    const names = await readdir(join(projects, folder)).catch((): string[] => []);
    if (names.includes(`${id}.jsonl`)) return join(projects, folder, `${id}.jsonl`);
  }
  return undefined;
}

/**
 * What a run takes up: the conversation that was last typed in, else the session's own one, else a new one under the session's own id. Files of the
 * CLI are read for it that nothing documents; where they are not as known, the session's own id decides.
 */
export async function conversationOf(config: string, sessionUuid: string): Promise<Conversation> {
  for (const id of [await lastTypedIn(config), sessionUuid]) {
    const path = id === undefined ? undefined : await transcript(config, id);
    if (id === undefined || path === undefined) continue;
    if (SAID.test(await readPart(path, 'head'))) return { resume: id };
    // Nothing was said in it: the CLI would neither resume it nor give its id to another conversation.
    if (id === sessionUuid) await rename(path, `${path}.empty`);
  }
  return { start: sessionUuid };
}
