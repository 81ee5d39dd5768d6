import type { PermissionMode } from '@berth/protocol';

/** Which conversation a run of Claude Code takes up, by its uuid. */
export type Conversation = { start: string } | { resume: string };

export interface ClaudeArgumentsOptions {
  conversation: Conversation;
  /** Always given to the CLI: without it, it would choose a mode that runs commands unasked. */
  permissionMode: PermissionMode;
  /** Absent: the CLI's own choice. */
  model?: string;
}

/** Arguments of the interactive CLI. Each value is an element of its own and begins with no dash: ids, modes and model names are checked at the edge. */
export function claudeArguments({ conversation, permissionMode, model }: ClaudeArgumentsOptions): string[] {
  return [
    ...('resume' in conversation ? ['--resume', conversation.resume] : ['--session-id', conversation.start]),
    '--permission-mode',
    permissionMode,
    ...(model === undefined ? [] : ['--model', model]),
  ];
}
