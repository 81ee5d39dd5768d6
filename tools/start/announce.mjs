import { join } from 'node:path';
import qrcode from 'qrcode';
import { runStep } from '../lib/children.mjs';
import { ROOT } from '../lib/paths.mjs';
import { warn } from '../lib/say.mjs';
import { gatewayAddress } from './app-environment.mjs';

/** A new sign-in link: a URL that works once, for ten minutes; undefined (with a warning) when none could be made. */
async function signInLink(env, stop) {
  try {
    const program = join(ROOT, 'apps', 'gateway', 'dist', 'login-link.js');
    const printed = await runStep(process.execPath, [program], { cwd: ROOT, env, stop, failure: 'no sign-in link could be made' });
    return printed.split('\n').find((line) => /^https?:\/\//.test(line));
  } catch (error) {
    stop.throwIfRequested();
    warn('start', `${error.message}${error.detail ? `: ${error.detail}` : ''}`);
    return undefined;
  }
}

/** Who answers the sessions of a tenant that has not chosen a provider, and how to get another one. */
export function modelLines({ BERTH_MODEL: model }) {
  if (model !== 'scripted') return ['Model: Anthropic, with your ANTHROPIC_API_KEY. Change it under Settings.'];
  return [
    'Model: the built-in scripted model, which lets you look around without a key. For Claude itself, add a key under',
    'Settings, or set ANTHROPIC_API_KEY before the next start.',
  ];
}

/** Tells where Berth is and how to get in. */
export async function announce({ options, env, stop }) {
  const link = await signInLink(env, stop);
  const code = link ? await qrcode.toString(link, { type: 'terminal', small: true }) : '';
  const address = options.publicUrl ?? gatewayAddress(options);
  const others = Array.from({ length: options.gateways - 1 }, (_, i) => gatewayAddress(options, i + 1));
  const lines = [
    '',
    `Berth is ready at ${address}`,
    ...(others.length > 0 ? [`  more gateways (for API clients): ${others.join(' ')}`] : []),
    ...(options.lan ? ['  plain HTTP: everybody on this network can read along; use it on a network that you trust'] : []),
    ...(link ? ['', 'Sign in with this link (works once, for 10 minutes):', `  ${link}`] : []),
    ...(code ? ['', code.trimEnd()] : []),
    '',
    ...modelLines(env),
    'Stop with Ctrl+C; the data stays.',
    '',
  ];
  process.stdout.write(lines.join('\n'));
}
