import { z } from 'zod';

const TextBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const ToolUseBlock = z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string() });
const ToolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  is_error: z.boolean().optional(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
});
const OtherBlock = z.looseObject({ type: z.string() });

/** One block of a message's content; kinds that no rule looks at are let through. */
const ContentBlock = z.union([TextBlock, ToolUseBlock, ToolResultBlock, OtherBlock]);
export type ContentBlock = z.infer<typeof ContentBlock>;
export type ToolResultBlock = z.infer<typeof ToolResultBlock>;

export const isText = (block: ContentBlock): block is z.infer<typeof TextBlock> => TextBlock.safeParse(block).success;
export const isToolResult = (block: ContentBlock): block is ToolResultBlock => ToolResultBlock.safeParse(block).success;

/** What the scripted model reads of a request to `/v1/messages`; Claude Code sends much more. */
export const MessagesRequest = z.looseObject({
  model: z.string().min(1).max(200),
  stream: z.boolean().default(false),
  /** Entries with the role `system` may stand between the others. */
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.union([z.string(), z.array(ContentBlock)]) }))
    .min(1),
  system: z.unknown().optional(),
  tools: z.array(z.looseObject({})).optional(),
  output_config: z.looseObject({ format: z.looseObject({ type: z.string() }).optional() }).optional(),
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;

/** The blocks of a message, whichever way its content was written. */
export const blocksOf = ({ content }: MessagesRequest['messages'][number]): ContentBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;
