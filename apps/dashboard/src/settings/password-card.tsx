import { ApiError } from '@berth/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { useBerth } from '../app/berth-context.js';
import { queryKeys } from '../app/query-keys.js';
import { Button } from '../ui/button.js';
import { Card } from '../ui/card.js';
import { FormFailure, issueOf } from '../ui/form-failure.js';
import { TextField } from '../ui/text-field.js';
import { useToast } from '../ui/toast.js';

const SHORTEST = 8;

/** Sets or changes the password. Who came by somebody else's link may leave the current one out, having forgotten it. */
export function PasswordCard() {
  const { api, me } = useBerth();
  const client = useQueryClient();
  const toast = useToast();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => api.call('setPassword', { body: { password, ...(current === '' ? {} : { currentPassword: current }) } }),
    onSuccess: () => {
      for (const clear of [setCurrent, setPassword, setAgain]) clear('');
      setTried(false);
      void client.invalidateQueries({ queryKey: queryKeys.me });
      toast.good('Your password is set.');
    },
  });
  const wrong = save.error instanceof ApiError && save.error.code === 'invalid_credentials';
  const short = password.length < SHORTEST;
  const different = password !== again;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!short && !different) save.mutate();
  };
  return (
    <Card
      id="password"
      title="Password"
      description={me.hasPassword ? undefined : 'You have none yet: only links sign you in. With a password you can sign in by yourself.'}
    >
      <Form className="form narrow" onSubmit={submit} validationBehavior="aria">
        {/* Tells password managers whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={me.user.email} readOnly hidden />
        {me.hasPassword && (
          <TextField
            label="Current password"
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            description="May stay empty if you came by a link that an admin made for you."
            error={wrong ? 'That is not your current password.' : undefined}
          />
        )}
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          description={`At least ${SHORTEST} characters.`}
          error={tried && short ? `Use at least ${SHORTEST} characters.` : issueOf(save.error, 'password')}
        />
        <TextField
          label="New password again"
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
          error={tried && !short && different ? 'The two are not the same.' : undefined}
        />
        {!wrong && <FormFailure error={save.error} shown={['password']} />}
        <div className="card-actions">
          <Button type="submit" isPending={save.isPending}>
            {me.hasPassword ? 'Change password' : 'Set password'}
          </Button>
        </div>
      </Form>
    </Card>
  );
}
