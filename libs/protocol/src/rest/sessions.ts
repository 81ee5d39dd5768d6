import { z } from 'zod';
import { HostId, SessionId, UserId } from '../ids.js';
import { MAX_OFFSET, TERMINAL_COLS, TERMINAL_ROWS } from '../limits.js';
import { CloseReason, RunState, SessionStatus } from '../session-state.js';
import { PageQuery, Timestamp, plainText } from './common.js';
import { ModelProvider } from './model-settings.js';

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

/** How Claude Code asks before it acts; `manual` asks for everything that changes something. */
export const PermissionMode = z.enum(['manual', 'acceptEdits', 'plan', 'auto', 'dontAsk', 'bypassPermissions']);
export type PermissionMode = z.infer<typeof PermissionMode>;

/** Name of a model as its provider knows it, such as `claude-sonnet-4-5` or `opus`. */
export const ModelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/[\]-]{0,127}$/, 'must be the name of a model');

/**
 * A folder on the host, as an absolute path. What lies in none of the installation's workspace roots is `forbidden`, a relative path among it. What a
 * shell would read as more than a name is refused: no folder is called like that by intention.
 */
export const WorkspacePath = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !/[\p{Cc}$`;|<>\\"*?]/u.test(path), 'must hold no control characters and none of $ ` ; | < > \\ " * ?');

/** Without `command` it runs Claude Code, which alone knows `model` and `permissionMode`. */
export const SessionInput = z
  .strictObject({
    kind: z.literal('terminal'),
    title: plainText(200).optional(),
    command: Command.optional(),
    cols: Cols.optional(),
    rows: Rows.optional(),
    workspace: z.strictObject({ path: WorkspacePath }).optional(),
    model: ModelName.optional(),
    permissionMode: PermissionMode.optional(),
  })
  .check(({ value, issues }) => {
    if (value.command === undefined) return;
    for (const name of ['model', 'permissionMode'] as const) {
      if (value[name] !== undefined)
        issues.push({ code: 'custom', path: [name], message: 'is for Claude Code: leave out command', input: value[name] });
    }
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
    /** `claude`: Claude Code, and `command` is empty; `command`: the program in `command`. */
    program: z.enum(['claude', 'command']),
    command: z.array(z.string()),
    model: z.string().nullable(),
    permissionMode: PermissionMode.nullable(),
    /** Who answers this session's model calls at present. */
    modelProvider: ModelProvider,
    createdBy: UserId,
    run: RunView,
    /** Offset behind the last byte known to the store: exact once the run is closed, an estimate while it lives. */
    head: z.int(),
    cols: z.int(),
    rows: z.int(),
    /** The folder that was asked for; null: the session has a folder of its own. */
    workspace: z.object({ path: z.string() }).nullable(),
    createdAt: Timestamp,
    closedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

/** `status`: one of them, or `active`: all but closed. `search`: part of the title, in either case (of letters beyond ASCII only where the database's locale knows them). */
export const SessionQuery = PageQuery.extend({
  status: z.enum([...SessionStatus.options, 'active']).optional(),
  kind: SessionKind.optional(),
  search: plainText(200).optional(),
});
export type SessionQuery = z.infer<typeof SessionQuery>;

/** Folders that sessions may be started in by path, or below; empty: this installation allows none. */
export const WorkspaceRoots = z.object({ items: z.array(z.object({ path: z.string() })), nextCursor: z.string().nullable() });

export const OutputQuery = z.strictObject({ from: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0) });
export type OutputQuery = z.infer<typeof OutputQuery>;

/** What a session's terminal shows, and all that it takes to go on from there. */
export const SessionScreen = z
  .object({
    /** Output from here on continues the screen. */
    offset: z.int().min(0).max(MAX_OFFSET),
    cols: Cols,
    rows: Rows,
    /** The visible lines, without colours; blanks at the ends are left out. */
    text: z.string(),
    /** Terminal output: a terminal of this size that is given it, and then the output from `offset` on, is one that has seen everything. */
    serialized: z.string(),
    /** What of it could not be had or carried, in words for programs; `gap`: output is missing, and the screen may be wrong. Usually empty. */
    losses: z.array(z.string()),
  })
  .meta({ id: 'SessionScreen' });
export type SessionScreen = z.infer<typeof SessionScreen>;
