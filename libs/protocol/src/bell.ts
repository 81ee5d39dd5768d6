import { z } from 'zod';
import { SessionId } from './ids.js';

/** What a bell carries: never the news itself, only what to read again. A lost bell costs a refresh. */
export const Bell = z.object({ sessionId: SessionId.optional() });
export type Bell = z.infer<typeof Bell>;
