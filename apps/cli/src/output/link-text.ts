import type { LoginLink } from '@berth/protocol';
import type { Output } from './output.js';
import { plain } from './plain-text.js';

/** A one-time link for people: the address alone on its line, and a QR code where somebody can point a phone at it. */
export async function linkText({ url, expiresAt }: LoginLink, output: Output): Promise<string> {
  if (!output.shown) return plain(url);
  const { default: qrcode } = await import('qrcode');
  const code = await qrcode.toString(url, { type: 'terminal', small: true });
  const until = new Date(expiresAt).toLocaleTimeString();
  return [plain(url), '', code.trimEnd(), '', `Works once, until ${until}. Whoever has it is signed in: hand it over in private.`].join(
    '\n',
  );
}
