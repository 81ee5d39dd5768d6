import type { ContentBlock, MessagesRequest, ToolResultBlock } from './messages-request.js';
import { blocksOf, isText, isToolResult } from './messages-request.js';

/** What happened last, from the point of view of whoever has to answer. */
export type LastTurn =
  | { kind: 'prompt'; text: string }
  /** Results of the tools that the model asked for, with nothing typed since. */
  | { kind: 'tool-results'; results: readonly ToolResultBlock[] };

/** What Claude Code itself puts between the texts of a person. */
const REMINDER = /<system-reminder>[\s\S]*?(?:<\/system-reminder>|$)/g;
const INTERRUPTION = /^\[Request interrupted by user[^\]\n]*\]$/gm;
/** Marks around pasted text; what is inside was still sent by the person. With an end: looking for `>` in all the rest, from each beginning, takes hours. */
const PASTE_MARK = /<\/?pasted_content[^<>]{0,200}>/g;

/** The text as a person wrote it; empty for one that is Claude Code's own. */
const personText = (text: string): string => text.replace(REMINDER, '').replace(INTERRUPTION, '').replace(PASTE_MARK, '').trim();

/** What is to be answered: the last thing that a person or a tool said. Entries of the role `system` and reminders say nothing. */
export function lastTurn({ messages }: MessagesRequest): LastTurn {
  const results: ToolResultBlock[] = [];
  for (const message of messages.toReversed()) {
    if (message.role === 'assistant') break;
    if (message.role === 'system') continue;
    for (const block of blocksOf(message).toReversed()) {
      if (isToolResult(block)) results.unshift(block);
      // Typed after the results, if there are any: that is what counts.
      else if (results.length === 0 && isText(block) && personText(block.text) !== '')
        return { kind: 'prompt', text: personText(block.text) };
    }
  }
  return results.length > 0 ? { kind: 'tool-results', results } : { kind: 'prompt', text: '' };
}

/** The text of a tool's result, its blocks joined by line breaks. */
export function resultText({ content }: ToolResultBlock): string {
  if (content === undefined || typeof content === 'string') return content ?? '';
  return content.flatMap((block: ContentBlock) => (isText(block) ? [block.text] : [])).join('\n');
}

/** What a person and the model have said so far, oldest first, without the text that is being answered. */
export function history(request: MessagesRequest): { role: 'user' | 'model'; text: string }[] {
  const said = request.messages.flatMap((message) => {
    if (message.role === 'system') return [];
    const role = message.role === 'assistant' ? ('model' as const) : ('user' as const);
    return blocksOf(message).flatMap((block) => {
      const text = isText(block) ? personText(block.text) : '';
      return text === '' ? [] : [{ role, text }];
    });
  });
  return said.at(-1)?.role === 'user' ? said.slice(0, -1) : said;
}
