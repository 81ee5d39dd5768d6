import type { BerthApi } from '@berth/client';
import type { SessionStatus, SessionView } from '@berth/protocol';
import { SessionId } from '@berth/protocol';
import { CliError, EXIT } from '../failure.js';
import { plain } from '../output/plain-text.js';

/** How much of an id people are shown: its end, which is random; its beginning is the time. */
const SHORT = 8;
/** So few digits may still be somebody's title. */
const SHORTEST = 4;
const PAGE = 200;

export const shortId = (id: string): string => id.slice(-SHORT);

/** How people call a session. */
export const nameOf = ({ id, title }: Pick<SessionView, 'id' | 'title'>): string => `${plain(title)} (${shortId(id)})`;

/** Every session of the tenant in this status, newest first; `active`: all but closed. */
export async function allSessions(api: BerthApi, status?: SessionStatus | 'active'): Promise<SessionView[]> {
  const found: SessionView[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call('listSessions', { query: { limit: PAGE, status, cursor } });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** The session that is meant by an id, the beginning or end of one, or a title. */
export async function findSession(api: BerthApi, wanted: string): Promise<SessionView> {
  const id = SessionId.safeParse(wanted);
  if (id.success) return api.call('getSession', { params: { sessionId: id.data } });
  const sessions = await allSessions(api);
  const found = matching(sessions, wanted);
  const [only] = found;
  if (!only) throw new CliError(EXIT.failed, `there is no session ${plain(wanted)}`, 'berth sessions ls --all shows every session');
  if (found.length > 1) {
    const names = found.slice(0, 5).map((session) => nameOf(session));
    throw new CliError(
      EXIT.usage,
      `${plain(wanted)} may mean ${names.join(', ')}${found.length > 5 ? ', …' : ''}`,
      'Use the id in brackets',
    );
  }
  return only;
}

/** The first of these rules that fits any session decides: a title, a title that lives, a part of an id, the beginning of a title. */
function matching(sessions: readonly SessionView[], wanted: string): readonly SessionView[] {
  const lower = wanted.toLowerCase();
  const digits = lower.replace(/^ses_/, '');
  const isIdPart = digits.length >= SHORTEST && /^[0-9a-f]+$/.test(digits);
  const rules: ((session: SessionView) => boolean)[] = [
    ({ title, status }) => title === wanted && status !== 'closed',
    ({ title }) => title === wanted,
    ({ id }) => isIdPart && (id.endsWith(digits) || id.startsWith(`ses_${digits}`)),
    ({ title, status }) => title.toLowerCase().startsWith(lower) && status !== 'closed',
  ];
  for (const rule of rules) {
    const found = sessions.filter(rule);
    if (found.length > 0) return found;
  }
  return [];
}
