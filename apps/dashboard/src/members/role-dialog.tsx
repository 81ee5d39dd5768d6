import type { Member } from '@berth/protocol';
import { useState } from 'react';
import { useBerth } from '../app/berth-context.js';
import { rolesToGive } from '../app/permissions.js';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { FormFailure } from '../ui/form-failure.js';
import { RadioCards } from '../ui/radio-cards.js';
import { useMemberMutations } from './member-queries.js';
import { ROLE_WORDS } from './role-words.js';

/** Gives a member another role; it holds at once. */
export function RoleDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { me } = useBerth();
  const [role, setRole] = useState(member.role);
  const { changeRole } = useMemberMutations();
  const save = (): void => {
    if (role === member.role) onClose();
    else changeRole.mutate({ member, role }, { onSuccess: onClose });
  };
  return (
    <Dialog title={`Role of ${member.user.name}`} isOpen onClose={onClose}>
      <RadioCards label="Role" choices={rolesToGive(me.role).map((id) => ({ id, ...ROLE_WORDS[id] }))} value={role} onChange={setRole} />
      <FormFailure error={changeRole.error} />
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="primary" onPress={save} isPending={changeRole.isPending}>
          Save
        </Button>
      </DialogActions>
    </Dialog>
  );
}
