import { uuidFromId } from '@berth/protocol';
import { claudeArguments, conversationOf, findClaude } from '@berth/runner';
import type { ClaimedRun } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { ModelAccess } from '../../model/run-model.js';
import { modelNotice } from './model-notice.js';

export interface ClaudeProgramParts {
  claim: Pick<ClaimedRun, 'sessionId' | 'epoch' | 'model' | 'permissionMode'>;
  /** The session's CLAUDE_CONFIG_DIR, prepared. */
  config: string;
  provider: ModelAccess['provider'];
  logger: Logger;
  /** Shows the person a line before the program starts. */
  say(line: string): void;
}

/** Argv of Claude Code for this run: its conversation goes on where it was. Rejects with a line for the person who asked for the session. */
export async function claudeProgram({ claim, config, provider, logger, say }: ClaudeProgramParts): Promise<string[]> {
  const found = findClaude();
  if ('failure' in found) throw new Error(found.failure);
  const permissionMode = claim.permissionMode ?? 'manual';
  if (permissionMode === 'bypassPermissions' && process.getuid?.() === 0)
    throw new Error('cannot start: Claude Code refuses bypassPermissions to root; run Berth as an ordinary user, or choose another mode');
  const conversation = await conversationOf(config, uuidFromId(claim.sessionId));
  const notice = modelNotice(provider);
  if (notice !== undefined) say(notice);
  const { sessionId, epoch } = claim;
  logger.info({ sessionId, epoch, modelProvider: provider ?? 'unknown', resumed: 'resume' in conversation }, 'starting Claude Code');
  return [found.path, ...claudeArguments({ conversation, permissionMode, ...(claim.model === null ? {} : { model: claim.model }) })];
}
