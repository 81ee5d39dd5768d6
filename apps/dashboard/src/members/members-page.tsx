import './members.css';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useBerth } from '../app/berth-context.js';
import { mayManage } from '../app/permissions.js';
import { useTitle } from '../app/use-title.js';
import { Button } from '../ui/button.js';
import { messageOf } from '../ui/message-of.js';
import { AddMemberDialog } from './add-member-dialog.js';
import { useMembers } from './member-queries.js';
import { MemberRow } from './member-row.js';

/** The people of the tenant; who may not manage them reads. */
export function MembersPage() {
  useTitle('Members');
  const { me } = useBerth();
  const members = useMembers();
  const present = members.data?.filter(({ revokedAt }) => revokedAt === null);
  const [adding, setAdding] = useState(false);
  const manager = mayManage(me.role);
  return (
    <>
      <header className="page-head">
        <h1>Members</h1>
        {manager && (
          <Button variant="primary" icon={UserPlus} onPress={() => setAdding(true)}>
            Add member
          </Button>
        )}
      </header>
      <p className="page-intro">
        {manager
          ? 'Everybody here sees all sessions of this team, by name. A new member signs in by a one-time link that you hand over.'
          : 'Everybody here sees all sessions of this team. Owners and admins can add and remove people.'}
      </p>
      {members.error && !members.data && (
        <div className="notice" role="alert">
          {messageOf(members.error)}{' '}
          <Button small onPress={() => void members.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {members.isPending && <div className="member-list loading" aria-busy="true" aria-label="Loading members" role="status" />}
      {present && (
        <ul className="member-list" aria-label="Members">
          {present.map((member) => (
            <MemberRow key={member.user.id} member={member} />
          ))}
        </ul>
      )}
      {adding && <AddMemberDialog onClose={() => setAdding(false)} />}
    </>
  );
}
