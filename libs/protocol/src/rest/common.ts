import { z } from 'zod';

/** Answer with nothing to say: 204. */
export const Empty = z.undefined();

/** Opaque position in a list, from `nextCursor` of the page before. */
export const Cursor = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/);

/** Query of every list. */
export const PageQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** Shape of every list. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Text that people read: no control characters, which could forge a log line or drive a terminal. */
export const plainText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'must hold no control characters');

export const Timestamp = z.iso.datetime();
