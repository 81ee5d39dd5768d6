import type { ModelAccess } from '../../model/run-model.js';

const ADD_A_KEY = 'To talk to Claude, add an API key under Settings, Model, or start Berth with ANTHROPIC_API_KEY.';

/** What somebody must know before they take an answer for Claude's, or wait for one; undefined when a real model answers. */
export function modelNotice(provider: ModelAccess['provider']): string | undefined {
  switch (provider) {
    case 'scripted':
      return `the scripted model answers here: its replies are canned, not Claude's. ${ADD_A_KEY}`;
    case 'none':
      return `nobody answers here yet. ${ADD_A_KEY}`;
    default:
      return undefined;
  }
}
