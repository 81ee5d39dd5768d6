import type { Me, Member } from '@berth/protocol';

type Role = Me['role'];

/** Starts, types, renames, ends; a viewer watches. The server decides, this spares a vain try. */
export const mayDrive = (role: Role): boolean => role !== 'viewer';

/** Adds and removes people, and chooses who answers the sessions. */
export const mayManage = (role: Role): boolean => role === 'owner' || role === 'admin';

/** Whether one may change the role of this member, remove them, or make them a link: admins leave owners alone, nobody manages himself. */
export const mayManageMember = (me: Pick<Me, 'role' | 'user'>, member: Pick<Member, 'role' | 'user'>): boolean =>
  mayManage(me.role) && member.user.id !== me.user.id && (me.role === 'owner' || member.role !== 'owner');

/** Roles that one may give. */
export const rolesToGive = (role: Role): readonly Role[] =>
  role === 'owner' ? ['owner', 'admin', 'member', 'viewer'] : ['admin', 'member', 'viewer'];
