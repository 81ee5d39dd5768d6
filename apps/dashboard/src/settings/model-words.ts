import type { ModelProvider, ModelSettings } from '@berth/protocol';

/** Who answers, in words. */
export const PROVIDER_WORDS: Record<ModelProvider, { label: string; description: string }> = {
  anthropic: { label: 'Anthropic', description: 'With an API key of your account' },
  compatible: { label: 'Compatible service', description: 'Anything that speaks the Messages API' },
  scripted: { label: 'Scripted model', description: 'Built in, for a look around; costs nothing' },
  none: { label: 'Nobody', description: 'Claude Code cannot answer' },
};

/** The present choice on one line: who answers, where, by which key. */
export function presentWords({ provider, baseUrl, keyHint }: ModelSettings): string {
  const parts = [PROVIDER_WORDS[provider].label];
  if (baseUrl !== null) parts.push(`at ${baseUrl}`);
  if (keyHint !== null) parts.push(`key ending in ${keyHint}`);
  return parts.join(', ');
}
