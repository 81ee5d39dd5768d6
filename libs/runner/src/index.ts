export { EchoRunner, type EchoRunnerOptions } from './echo/echo-runner.js';
export { PtyRunner, type PtyRunnerOptions } from './pty/pty-runner.js';
export { claudeArguments, type ClaudeArgumentsOptions, type Conversation } from './claude/claude-arguments.js';
export { prepareClaudeConfig, type ClaudeConfigOptions } from './claude/claude-config.js';
export { conversationOf } from './claude/claude-conversation.js';
export { findClaude, type FoundClaude } from './claude/find-claude.js';
