import type { UserId, Viewer } from '@berth/protocol';

/** One person at a session, however many windows of his show it. */
export interface Person {
  userId: UserId;
  name: string;
  /** May type, in one window at least. */
  drives: boolean;
  windows: number;
  isMe: boolean;
}

/** Who is here: oneself first, then whoever drives, by name. */
export function peopleOf(viewers: readonly Viewer[], me: UserId): Person[] {
  const people = new Map<UserId, Person>();
  for (const { userId, name, role } of viewers) {
    const known = people.get(userId);
    const drives = role === 'driver' || known?.drives === true;
    people.set(userId, { userId, name, drives, windows: (known?.windows ?? 0) + 1, isMe: userId === me });
  }
  return [...people.values()].toSorted(
    (a, b) => Number(b.isMe) - Number(a.isMe) || Number(b.drives) - Number(a.drives) || a.name.localeCompare(b.name),
  );
}
