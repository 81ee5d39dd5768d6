import type { MemberRole } from '@berth/protocol';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { useBerth } from '../app/berth-context.js';
import { rolesToGive } from '../app/permissions.js';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { FormFailure, issueOf } from '../ui/form-failure.js';
import { Select } from '../ui/select.js';
import { SignInLink } from '../ui/sign-in-link.js';
import { TextField } from '../ui/text-field.js';
import { useMemberMutations } from './member-queries.js';
import { ROLE_WORDS } from './role-words.js';

const NAME_LENGTH = 100;

/** Adds a person, and shows the link that signs them in. */
export function AddMemberDialog({ onClose }: { onClose: () => void }) {
  const { me } = useBerth();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<MemberRole>('member');
  const { add } = useMemberMutations();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = name.trim();
    add.mutate({ email: email.trim(), role, ...(wanted === '' ? {} : { name: wanted }) });
  };
  if (add.data) {
    const { member, link } = add.data;
    return (
      <Dialog title={`${member.user.name} is added`} isOpen onClose={onClose} wide>
        <SignInLink
          link={link}
          hint={`Hand this to ${member.user.name}. Whoever opens it first is signed in. You can make a new one at any time.`}
        />
        <DialogActions>
          <Button variant="primary" onPress={onClose}>
            Done
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  return (
    <Dialog title="Add member" isOpen onClose={onClose}>
      <Form className="form" onSubmit={submit}>
        <TextField
          label="E-mail address"
          type="email"
          value={email}
          onChange={setEmail}
          isRequired
          autoFocus
          autoComplete="off"
          description="Names the account. Berth sends no mail: you hand the link over."
          error={issueOf(add.error, 'email')}
        />
        <TextField
          label="Name (optional)"
          value={name}
          onChange={setName}
          maxLength={NAME_LENGTH}
          autoComplete="off"
          description="What the others see. They can change it."
          error={issueOf(add.error, 'name')}
        />
        <Select
          label="Role"
          choices={rolesToGive(me.role).map((id) => ({ id, ...ROLE_WORDS[id] }))}
          value={role}
          onChange={setRole}
          description={ROLE_WORDS[role].description}
        />
        <FormFailure error={add.error} shown={['email', 'name']} />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={add.isPending}>
            Add and make link
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
