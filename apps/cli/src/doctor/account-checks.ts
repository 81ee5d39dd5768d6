import type { BerthApi } from '@berth/client';
import type { ModelSettings } from '@berth/protocol';
import { explain } from '../failure.js';
import { plain } from '../output/plain-text.js';
import type { Finding } from './check.js';
import { failed, ok, warn } from './check.js';

/** Whether the sign-in still counts. */
export async function checkSignIn(api: BerthApi, server: string): Promise<Finding> {
  try {
    const { user, role } = await api.call('me');
    return ok('signed in', `${plain(user.name)} <${plain(user.email)}>, ${role}`);
  } catch (error) {
    const { message, advice } = explain(error, server);
    return failed('signed in', message, advice ?? 'Sign in with: berth login');
  }
}

/** Whether anybody answers Claude Code's model calls. */
export async function checkModel(api: BerthApi, server: string): Promise<Finding> {
  try {
    return modelFinding(await api.call('getModelSettings'));
  } catch (error) {
    const { message, advice } = explain(error, server);
    return failed('model', message, advice ?? 'See the settings in the dashboard');
  }
}

function modelFinding({ provider, baseUrl, keyHint }: ModelSettings): Finding {
  const hint = keyHint === null ? '' : `, key …${plain(keyHint)}`;
  switch (provider) {
    case 'anthropic':
      return ok('model', `Anthropic${hint}`);
    case 'compatible':
      return ok('model', `${plain(baseUrl ?? 'a compatible service')}${hint}`);
    case 'scripted':
      return warn(
        'model',
        'the built-in scripted model, which only pretends',
        'Add a key in the dashboard under Settings, or start the server with ANTHROPIC_API_KEY',
      );
    case 'none':
      return failed('model', 'nobody answers Claude Code', 'An admin adds a key in the dashboard under Settings');
  }
}
