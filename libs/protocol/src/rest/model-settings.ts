import { z } from 'zod';
import { Timestamp, plainText } from './common.js';

/**
 * Who answers the sessions of a tenant: `anthropic` with an API key, `compatible` any service that speaks the Messages API at an address of its
 * own, `scripted` the built-in model for trying Berth out, `none` nobody yet.
 */
export const ModelProvider = z.enum(['anthropic', 'compatible', 'scripted', 'none']);
export type ModelProvider = z.infer<typeof ModelProvider>;

/** A secret goes in and never comes out. */
const Secret = z
  .string()
  .min(8)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

/** Address of an Anthropic-compatible service: http or https, without credentials, query or fragment. */
export const ModelBaseUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  }, 'must hold no credentials, query or fragment')
  .refine((text) => !/\p{Cc}/u.test(text), 'must hold no control characters');

export const ModelSettingsInput = z
  .discriminatedUnion('provider', [
    z.strictObject({ provider: z.literal('anthropic'), apiKey: Secret }),
    z.strictObject({ provider: z.literal('compatible'), baseUrl: ModelBaseUrl, token: Secret }),
    z.strictObject({ provider: z.literal('scripted') }),
  ])
  .meta({ id: 'ModelSettingsInput' });
export type ModelSettingsInput = z.infer<typeof ModelSettingsInput>;

/** `source`: who chose it, a member or the installation's environment. `keyHint`: the last four characters of the secret. */
export const ModelSettings = z
  .object({
    provider: ModelProvider,
    source: z.enum(['member', 'installation']),
    baseUrl: z.string().nullable(),
    keyHint: z.string().nullable(),
    updatedAt: Timestamp.nullable(),
    updatedBy: plainText(100).nullable(),
  })
  .meta({ id: 'ModelSettings' });
export type ModelSettings = z.infer<typeof ModelSettings>;

/** ISO dates have a year 0, databases have none. */
const Day = z.iso.date().refine((day) => !day.startsWith('0000'), 'must be a day since the year 1');

/** Whole days, UTC, both included. */
export const UsageQuery = z.strictObject({ from: Day.optional(), to: Day.optional() });
export type UsageQuery = z.infer<typeof UsageQuery>;

const TokenCount = z.int().nonnegative();

/** Tokens of one or more answers by one model, as its provider counted them; what was read from or written to its cache is not in `inputTokens`. */
export const ModelUsage = z.object({
  model: z.string().min(1).max(200),
  inputTokens: TokenCount,
  outputTokens: TokenCount,
  cacheReadTokens: TokenCount,
  cacheWriteTokens: TokenCount,
});
export type ModelUsage = z.infer<typeof ModelUsage>;

/** Tokens that a tenant's sessions used on one day with one model, as its provider counted them. */
export const UsageRow = z
  .object({
    day: Day,
    model: z.string(),
    requests: z.int(),
    inputTokens: z.int(),
    outputTokens: z.int(),
    cacheReadTokens: z.int(),
    cacheWriteTokens: z.int(),
  })
  .meta({ id: 'UsageRow' });
export type UsageRow = z.infer<typeof UsageRow>;
