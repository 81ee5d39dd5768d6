import type { SessionStatus, SessionView } from '@berth/protocol';
import type { Output } from '../output/output.js';
import { plain } from '../output/plain-text.js';
import { ago } from '../output/relative-time.js';
import type { Column } from '../output/table.js';
import { table } from '../output/table.js';
import { shortId } from './find-session.js';

const COLOURS: Record<SessionStatus, 'green' | 'yellow' | 'blue' | 'gray'> = {
  queued: 'yellow',
  starting: 'yellow',
  running: 'green',
  suspended: 'blue',
  closed: 'gray',
};

/** What runs in a session, in a word or two. */
function programOf({ program, command, model, modelProvider }: SessionView): string {
  if (program === 'command') return plain(command.join(' '));
  const by = modelProvider === 'scripted' ? 'scripted model' : model;
  return by === null ? 'Claude Code' : `Claude Code, ${plain(by)}`;
}

/** Sessions as people read them: as wide as the terminal, times as distances from `now`. */
export function sessionTable(sessions: readonly SessionView[], names: ReadonlyMap<string, string>, output: Output, now: number): string {
  const columns: Column[] = [
    { title: 'ID' },
    { title: 'STATUS', paint: (cell, row) => output.paint(COLOURS[sessions[row]?.status ?? 'closed'], cell) },
    { title: 'TITLE', least: 12 },
    { title: 'PROGRAM', least: 10, spare: 2 },
    { title: 'BY', least: 8, spare: 1 },
    { title: 'AGE' },
  ];
  const rows = sessions.map((session) => [
    shortId(session.id),
    session.status,
    plain(session.title),
    programOf(session),
    plain(names.get(session.createdBy) ?? '-'),
    ago(session.createdAt, now),
  ]);
  return table(columns, rows, output.room);
}
