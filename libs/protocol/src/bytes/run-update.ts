import { z } from 'zod';
import { CloseReason, RunState } from '../session-state.js';

/** Body of a STATE frame: where the session's current run stands. A higher epoch than before means: a new run, input starts at 1 again. */
export const RunUpdate = z.object({
  epoch: z.int().min(0),
  state: RunState,
  closeReason: CloseReason.optional(),
  exitCode: z.int().optional(),
  /** The gateway cannot reach the host of a live run; it keeps trying. */
  unreachable: z.boolean().optional(),
});
export type RunUpdate = z.infer<typeof RunUpdate>;
