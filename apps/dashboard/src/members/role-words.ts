import type { MemberRole } from '@berth/protocol';

/** What each role may do. */
export const ROLE_WORDS: Record<MemberRole, { label: string; description: string }> = {
  owner: { label: 'Owner', description: 'Everything, including other owners' },
  admin: { label: 'Admin', description: 'Manages people and the model' },
  member: { label: 'Member', description: 'Starts and drives sessions' },
  viewer: { label: 'Viewer', description: 'Watches; never types' },
};
