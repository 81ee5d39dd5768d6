import { z } from 'zod';

/** States of a run in the only order in which they may be entered. */
export const RUN_STATES = ['queued', 'starting', 'running', 'closing', 'closed'] as const;
export const RunState = z.enum(RUN_STATES);
export type RunState = z.infer<typeof RunState>;

/** Reasons that end the session with its run. */
export const CLOSING_REASONS = ['exited', 'cancelled', 'start_failed'] as const;
/** Reasons that end the run only: the session is suspended and can be woken. */
export const SUSPENDING_REASONS = ['host_lost', 'drained', 'suspended', 'idle', 'budget', 'oom'] as const;
export const CloseReason = z.enum([...CLOSING_REASONS, ...SUSPENDING_REASONS]);
export type CloseReason = z.infer<typeof CloseReason>;

export const SessionStatus = z.enum(['queued', 'starting', 'running', 'suspended', 'closed']);
export type SessionStatus = z.infer<typeof SessionStatus>;

/** What a member has asked of a session; its host carries it out. */
export const DesiredState = z.enum(['closed', 'suspended']);
export type DesiredState = z.infer<typeof DesiredState>;

/** Whether a run may go from one state to another: forward only, standing still is not a move. */
export const canAdvance = (from: RunState, to: RunState): boolean => RUN_STATES.indexOf(to) > RUN_STATES.indexOf(from);

/** Whether a run has reached a state or gone past it. */
export const hasReached = (state: RunState, target: RunState): boolean => RUN_STATES.indexOf(state) >= RUN_STATES.indexOf(target);

/** Status of a session whose run closed for this reason. */
export const statusAfter = (reason: CloseReason): 'closed' | 'suspended' =>
  (CLOSING_REASONS as readonly string[]).includes(reason) ? 'closed' : 'suspended';
