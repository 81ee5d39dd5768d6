import { join } from 'node:path';
import type { SessionView } from '@berth/protocol';
import type { Api } from './api.js';
import type { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { Screen } from './screen.js';
import type { ScreenOptions } from './screen.js';

/** What Claude Code shows below its prompt once it takes one. */
export const AT_PROMPT = 'manual mode on';

/** A new session of Claude Code, as soon as it has been accepted. */
export const createClaude = (api: Api, options: Record<string, unknown> = {}): Promise<SessionView> =>
  api.expect('POST', '/v1/sessions', { kind: 'terminal', ...options });

/** Somebody who sits before a session at one of the gateways. */
export const screenAt = (
  cluster: Cluster,
  gateway: number,
  options: Pick<ScreenOptions, 'sessionId' | 'token' | 'clientId'> & Partial<ScreenOptions>,
): Promise<Screen> => Screen.open({ address: cluster.address(gateway), ...options });

/** Waits for a question and answers it with a key; it is answered when `until` is shown, or the question is gone. A question takes no keys in its first moment, lest somebody answers it who was typing something else. */
export async function answer(screen: Screen, question: string, { key, until }: { key: string; until?: string }): Promise<void> {
  await screen.shows(question);
  await eventually(
    () => {
      if (until === undefined ? !screen.text().includes(question) : screen.text().includes(until)) return true;
      screen.press(key);
      return false;
    },
    { every: 1_000, what: `${question} is answered` },
  );
}

/** Lets a tool act. */
export const allow = (screen: Screen): Promise<void> => answer(screen, 'Do you want to proceed?', { key: '1' });

/** A session's own workspace on this machine. */
export const workspaceOf = (cluster: Cluster, sessionId: string): string => join(cluster.folder, 'data', 'workspaces', sessionId);
