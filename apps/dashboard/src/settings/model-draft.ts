import type { ModelSettings, ModelSettingsInput } from '@berth/protocol';
import { ModelBaseUrl } from '@berth/protocol';

export type ChosenProvider = ModelSettingsInput['provider'];

/** The model's settings as somebody is about to change them. A secret is typed anew each time: nobody can read the stored one. */
export interface ModelDraft {
  provider: ChosenProvider;
  secret: string;
  baseUrl: string;
}

/** To begin with: what holds now, without its secret. */
export const draftOf = ({ provider, baseUrl }: ModelSettings): ModelDraft => ({
  provider: provider === 'none' ? 'anthropic' : provider,
  secret: '',
  baseUrl: baseUrl ?? '',
});

const SHORTEST_SECRET = 8;

/** What is missing before the server can be asked, by field. */
export function missingIn({ provider, secret, baseUrl }: ModelDraft): { secret?: string; baseUrl?: string } {
  if (provider === 'scripted') return {};
  const wanted = secret.trim();
  const what = provider === 'anthropic' ? 'API key' : 'token';
  return {
    ...(wanted.length < SHORTEST_SECRET || /[^\x21-\x7e]/.test(wanted) ? { secret: `Paste the whole ${what}.` } : {}),
    ...(provider === 'compatible' && !ModelBaseUrl.safeParse(baseUrl.trim()).success
      ? { baseUrl: 'An address such as https://models.example.com, without a key in it.' }
      : {}),
  };
}

/** What to ask the server for. */
export function inputOf({ provider, secret, baseUrl }: ModelDraft): ModelSettingsInput {
  switch (provider) {
    case 'anthropic':
      return { provider, apiKey: secret.trim() };
    case 'compatible':
      return { provider, baseUrl: baseUrl.trim(), token: secret.trim() };
    case 'scripted':
      return { provider };
  }
}
