import type { Member, MemberRole } from '@berth/protocol';
import { Ellipsis, Link2, LogOut, UserCog, UserMinus } from 'lucide-react';
import { useState } from 'react';
import { useBerth } from '../app/berth-context.js';
import { mayManageMember } from '../app/permissions.js';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { IconButton } from '../ui/button.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Menu } from '../ui/menu.js';
import { RelativeTime } from '../ui/relative-time.js';
import { useToast } from '../ui/toast.js';
import { useMemberMutations } from './member-queries.js';
import { ResetDialog } from './reset-dialog.js';
import { RoleDialog } from './role-dialog.js';
import { ROLE_WORDS } from './role-words.js';

type Asked = 'role' | 'reset' | 'sign-out' | 'remove';

/** One of the people, and what may be done about them. */
export function MemberRow({ member }: { member: Member }) {
  const { me } = useBerth();
  const { user, role, createdAt } = member;
  const [asked, setAsked] = useState<Asked>();
  const done = (): void => setAsked(undefined);
  const ask = (id: Asked, label: string, icon: typeof Link2, danger = false) => ({ id, label, icon, danger, run: () => setAsked(id) });
  return (
    <li className="member-row" data-member={user.id}>
      <Avatar name={user.name} />
      <div className="member-who">
        <p className="member-name">
          <span>{user.name}</span>
          {user.id === me.user.id && <Badge>you</Badge>}
        </p>
        <p className="member-email">{user.email}</p>
      </div>
      <Badge tone={ROLE_TONES[role]}>{ROLE_WORDS[role].label}</Badge>
      <span className="member-since">
        joined <RelativeTime at={createdAt} />
      </span>
      <div className="member-menu">
        {mayManageMember(me, member) && (
          <Menu
            label={`Actions for ${user.name}`}
            trigger={<IconButton label={`Actions for ${user.name}`} icon={Ellipsis} />}
            entries={[
              ask('role', 'Change role', UserCog),
              ask('reset', 'New sign-in link', Link2),
              ask('sign-out', 'Sign out everywhere', LogOut),
              ask('remove', 'Remove', UserMinus, true),
            ]}
          />
        )}
      </div>
      {asked === 'role' && <RoleDialog member={member} onClose={done} />}
      {asked === 'reset' && <ResetDialog member={member} onClose={done} />}
      <EndingQuestions member={member} asked={asked} onClose={done} />
    </li>
  );
}

const ROLE_TONES: Record<MemberRole, 'calm' | 'good' | 'over'> = { owner: 'calm', admin: 'calm', member: 'good', viewer: 'over' };

/** The questions before a member loses connections. */
function EndingQuestions({ member, asked, onClose }: { member: Member; asked: Asked | undefined; onClose: () => void }) {
  const toast = useToast();
  const { remove, signOut } = useMemberMutations();
  const { name } = member.user;
  return (
    <>
      <ConfirmDialog
        title={`Sign ${name} out everywhere?`}
        action="Sign out"
        isOpen={asked === 'sign-out'}
        isPending={signOut.isPending}
        onClose={onClose}
        onConfirm={() =>
          signOut.mutate(member, { onError: toast.error, onSuccess: () => toast.good(`${name} is signed out.`), onSettled: onClose })
        }
      >
        <p>All their browsers and terminals are disconnected within seconds. They can sign in again.</p>
      </ConfirmDialog>
      <ConfirmDialog
        title={`Remove ${name}?`}
        action="Remove member"
        isOpen={asked === 'remove'}
        isPending={remove.isPending}
        onClose={onClose}
        onConfirm={() =>
          remove.mutate(member, { onError: toast.error, onSuccess: () => toast.good(`${name} is removed.`), onSettled: onClose })
        }
      >
        <p>
          <strong>{name}</strong> loses access at once. The sessions that they started go on, and stay with the team.
        </p>
      </ConfirmDialog>
    </>
  );
}
