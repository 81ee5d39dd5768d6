import { z } from 'zod';
import { Problem } from '../errors.js';
import { SessionId, UserId } from '../ids.js';
import { plainText } from '../rest/common.js';
import { SessionView } from '../rest/sessions.js';

/** Path of the control socket on a gateway. */
export const CONTROL_PATH = '/socket.io';

/** One attached viewer of a session. `id` names its connection; several may belong to one person. */
export const Viewer = z
  .object({ id: z.string().max(64), userId: UserId, name: z.string(), role: z.enum(['viewer', 'driver']), since: z.iso.datetime() })
  .meta({ id: 'Viewer' });
export type Viewer = z.infer<typeof Viewer>;

/** A session is new, changed, or gone (`session: null`). */
export const SessionUpdated = z.object({ sessionId: SessionId, session: SessionView.nullable() });
export type SessionUpdated = z.infer<typeof SessionUpdated>;

/** Everybody who is attached to a watched session now, on any gateway. */
export const SessionPresence = z.object({ sessionId: SessionId, viewers: z.array(Viewer) });
export type SessionPresence = z.infer<typeof SessionPresence>;

/** One line for the people of a tenant; nothing that must not be missed. */
export const Notice = z.object({
  level: z.enum(['info', 'warning', 'error']),
  text: plainText(500),
  /** What the notice is about, so that a page can read it again. */
  subject: z.enum(['model-settings', 'members', 'gateway']).optional(),
});
export type Notice = z.infer<typeof Notice>;

/** What the server says on the control socket. */
export const CONTROL_EVENTS = {
  'session.updated': SessionUpdated,
  'session.presence': SessionPresence,
  notice: Notice,
} as const;
export type ControlEvent = keyof typeof CONTROL_EVENTS;
export type ControlEvents = { [E in ControlEvent]: (payload: z.infer<(typeof CONTROL_EVENTS)[E]>) => void };

/** `afterSeq`: the last event of the session that the client has; sessions that are terminals have none, so it changes nothing for them. */
export const WatchInput = z.strictObject({ sessionId: SessionId, afterSeq: z.int().nonnegative().optional() });
export type WatchInput = z.infer<typeof WatchInput>;

export const UnwatchInput = z.strictObject({ sessionId: SessionId });

/** What a client asks on the control socket; each is answered. */
export const CONTROL_CALLS = { 'session.watch': WatchInput, 'session.unwatch': UnwatchInput } as const;
export type ControlCall = keyof typeof CONTROL_CALLS;

/** Answer to a call. */
export const ControlAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), problem: Problem }),
]);
export type ControlAnswer = z.infer<typeof ControlAnswer>;
export type ControlCalls = {
  [C in ControlCall]: (input: z.infer<(typeof CONTROL_CALLS)[C]>, answer: (answer: ControlAnswer) => void) => void;
};
