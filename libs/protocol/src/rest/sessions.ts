import { z } from 'zod';
import { HostId, SessionId, UserId } from '../ids.js';
import { MAX_OFFSET, TERMINAL_COLS, TERMINAL_ROWS } from '../limits.js';
import { CloseReason, RunState, SessionStatus } from '../session-state.js';
import { PageQuery, Timestamp, plainText } from './common.js';

export const SessionKind = z.enum(['terminal', 'agent']);
export type SessionKind = z.infer<typeof SessionKind>;

/** A program and its arguments, handed to the kernel as they are: no shell reads them. */
export const Command = z
  .array(
    z
      .string()
      .max(32_768)
      .refine((argument) => !argument.includes('\0'), 'must hold no NUL'),
  )
  .min(1)
  .max(256)
  .refine((argv) => argv[0] !== '', 'must name a program');

export const Cols = z.int().min(TERMINAL_COLS.min).max(TERMINAL_COLS.max);
export const Rows = z.int().min(TERMINAL_ROWS.min).max(TERMINAL_ROWS.max);

export const SessionInput = z
  .strictObject({
    kind: z.literal('terminal'),
    title: plainText(200).optional(),
    command: Command.optional(),
    cols: Cols.optional(),
    rows: Rows.optional(),
  })
  .meta({ id: 'SessionInput' });
export type SessionInput = z.infer<typeof SessionInput>;

export const SessionPatch = z.strictObject({ title: plainText(200) }).meta({ id: 'SessionPatch' });
export type SessionPatch = z.infer<typeof SessionPatch>;

/** Where the current run of a session stands; epoch 0 before the first. */
export const RunView = z
  .object({
    epoch: z.int(),
    state: RunState,
    host: HostId.nullable(),
    closeReason: CloseReason.optional(),
    exitCode: z.int().optional(),
  })
  .meta({ id: 'Run' });
export type RunView = z.infer<typeof RunView>;

export const SessionView = z
  .object({
    id: SessionId,
    kind: SessionKind,
    status: SessionStatus,
    title: z.string(),
    command: z.array(z.string()),
    createdBy: UserId,
    run: RunView,
    /** Offset behind the last byte known to the store: exact once the run is closed, an estimate while it lives. */
    head: z.int(),
    cols: z.int(),
    rows: z.int(),
    workspace: z.object({ path: z.string() }).nullable(),
    createdAt: Timestamp,
    closedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

export const SessionQuery = PageQuery.extend({ status: SessionStatus.optional(), kind: SessionKind.optional() });
export type SessionQuery = z.infer<typeof SessionQuery>;

export const OutputQuery = z.strictObject({ from: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0) });
export type OutputQuery = z.infer<typeof OutputQuery>;
