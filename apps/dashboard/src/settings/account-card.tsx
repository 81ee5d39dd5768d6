import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { useBerth } from '../app/berth-context.js';
import { queryKeys } from '../app/query-keys.js';
import { ROLE_WORDS } from '../members/role-words.js';
import { Button } from '../ui/button.js';
import { Card } from '../ui/card.js';
import { FormFailure, issueOf } from '../ui/form-failure.js';
import { TextField } from '../ui/text-field.js';
import { useToast } from '../ui/toast.js';

const NAME_LENGTH = 100;

/** Who one is to the others. */
export function AccountCard() {
  const { api, me } = useBerth();
  const client = useQueryClient();
  const toast = useToast();
  const [name, setName] = useState(me.user.name);
  const wanted = name.trim();
  const save = useMutation({
    mutationFn: () => api.call('updateMe', { body: { name: wanted } }),
    onSuccess: (next) => {
      client.setQueryData(queryKeys.me, next);
      void client.invalidateQueries({ queryKey: queryKeys.members });
      toast.good('Your name is changed.');
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (wanted !== '' && wanted !== me.user.name) save.mutate();
  };
  const tenant = me.tenants.find(({ id }) => id === me.tenantId);
  return (
    <Card id="account" title="Account">
      <dl className="facts">
        <div>
          <dt>E-mail address</dt>
          <dd>{me.user.email}</dd>
        </div>
        <div>
          <dt>Team</dt>
          <dd>
            {tenant?.name}, as {ROLE_WORDS[me.role].label.toLowerCase()}
          </dd>
        </div>
      </dl>
      <Form className="form-row" onSubmit={submit}>
        <TextField
          label="Name that others see"
          value={name}
          onChange={setName}
          maxLength={NAME_LENGTH}
          isRequired
          autoComplete="name"
          error={issueOf(save.error, 'name')}
        />
        <Button type="submit" isPending={save.isPending} isDisabled={wanted === '' || wanted === me.user.name}>
          Save name
        </Button>
      </Form>
      <FormFailure error={save.error} shown={['name']} />
    </Card>
  );
}
