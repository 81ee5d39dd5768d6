import { z } from 'zod';

/** As many random bytes as the keys that are derived from it are long. */
const MIN_BYTES = 32;
/** With fewer different characters than this it is a key held down, not a secret. */
const MIN_DIFFERENT = 8;

/** Words that stand in documentation until somebody replaces them. */
const WORDS =
  'change|me|replace|this|with|your|my|own|a|an|the|secret|password|passphrase|default|example|placeholder|insecure|random|long|please|value|key|berth|in|production|do|not|use';
/** Made of nothing but such words, digits and separators. */
const PLACEHOLDER = new RegExp(`^(?:${WORDS}|[^a-z])+$`, 'i');
/** A number alone may well be random: only words make a placeholder. */
const HAS_WORD = /[g-z]/i;

const isGuessable = (text: string): boolean => new Set(text).size < MIN_DIFFERENT || (HAS_WORD.test(text) && PLACEHOLDER.test(text));

/** Everything that is signed or derived hangs on it, so a missing, short or well-known one is refused. */
export const secret = z
  .string(`${String(MIN_BYTES)} random bytes, for example from: openssl rand -hex 32`)
  .refine((text) => Buffer.byteLength(text) >= MIN_BYTES && !isGuessable(text), {
    message: `at least ${String(MIN_BYTES)} random bytes and no placeholder; make one with: openssl rand -hex 32`,
  });
