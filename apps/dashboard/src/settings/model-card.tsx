import type { ModelSettings } from '@berth/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { useBerth } from '../app/berth-context.js';
import { mayManage } from '../app/permissions.js';
import { queryKeys } from '../app/query-keys.js';
import { Button } from '../ui/button.js';
import { Card } from '../ui/card.js';
import { FormFailure, issueOf } from '../ui/form-failure.js';
import { messageOf } from '../ui/message-of.js';
import { RadioCards } from '../ui/radio-cards.js';
import { RelativeTime } from '../ui/relative-time.js';
import { TextField } from '../ui/text-field.js';
import { useToast } from '../ui/toast.js';
import type { ChosenProvider, ModelDraft } from './model-draft.js';
import { draftOf, inputOf, missingIn } from './model-draft.js';
import { useModelSettings } from './model-queries.js';
import { PROVIDER_WORDS, presentWords } from './model-words.js';

const PROVIDERS = (['anthropic', 'compatible', 'scripted'] as const).map((id) => ({ id, ...PROVIDER_WORDS[id] }));
const SECRETS: Record<Exclude<ChosenProvider, 'scripted'>, { label: string; placeholder: string }> = {
  anthropic: { label: 'API key', placeholder: 'sk-ant-…' },
  compatible: { label: 'Bearer token', placeholder: 'Token' },
};

/** Who answers the team's sessions: what holds now, and a way to change it for those who may. */
export function ModelCard() {
  const { me } = useBerth();
  const { data, error } = useModelSettings();
  return (
    <Card
      id="model"
      title="Model"
      description="Who answers Claude Code in this team’s sessions. The key stays on the server: sessions never see it. A change holds at once, also for sessions that run."
    >
      {error && !data && <p className="form-failure">{messageOf(error)}</p>}
      {data && <Present settings={data} />}
      {data && mayManage(me.role) && <ModelForm key={data.updatedAt ?? data.provider} settings={data} />}
    </Card>
  );
}

function Present({ settings }: { settings: ModelSettings }) {
  const { source, updatedBy, updatedAt } = settings;
  return (
    <dl className="facts">
      <div>
        <dt>Now</dt>
        <dd>{presentWords(settings)}</dd>
      </div>
      <div>
        <dt>Chosen by</dt>
        <dd>
          {source === 'installation' ? 'this installation' : (updatedBy ?? 'somebody who has left')}
          {updatedAt !== null && (
            <>
              , <RelativeTime at={updatedAt} />
            </>
          )}
        </dd>
      </div>
    </dl>
  );
}

function ModelForm({ settings }: { settings: ModelSettings }) {
  const { api } = useBerth();
  const client = useQueryClient();
  const toast = useToast();
  const [draft, setDraft] = useState<ModelDraft>(() => draftOf(settings));
  const [tried, setTried] = useState(false);
  const change = (part: Partial<ModelDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const taken = (next: ModelSettings): void => {
    client.setQueryData(queryKeys.modelSettings, next);
    toast.good(`${PROVIDER_WORDS[next.provider].label} answers from now on.`);
  };
  const save = useMutation({ mutationFn: () => api.call('setModelSettings', { body: inputOf(draft) }), onSuccess: taken });
  const clear = useMutation({ mutationFn: () => api.call('clearModelSettings'), onSuccess: taken, onError: toast.error });
  const missing = missingIn(draft);
  const shown = tried ? missing : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(missing).length === 0) save.mutate();
  };
  return (
    <Form className="form" onSubmit={submit} validationBehavior="aria" autoComplete="off">
      <RadioCards
        label="Provider"
        columns
        choices={PROVIDERS}
        value={draft.provider}
        onChange={(provider) => change({ provider, secret: '' })}
      />
      {draft.provider === 'compatible' && (
        <TextField
          label="Base URL"
          code
          type="url"
          inputMode="url"
          value={draft.baseUrl}
          onChange={(baseUrl) => change({ baseUrl })}
          placeholder="https://models.example.com"
          error={shown.baseUrl ?? issueOf(save.error, 'baseUrl')}
        />
      )}
      {draft.provider !== 'scripted' && (
        <TextField
          label={SECRETS[draft.provider].label}
          code
          type="password"
          autoComplete="new-password"
          value={draft.secret}
          onChange={(secret) => change({ secret })}
          placeholder={SECRETS[draft.provider].placeholder}
          error={shown.secret ?? issueOf(save.error, draft.provider === 'anthropic' ? 'apiKey' : 'token')}
        />
      )}
      <FormFailure error={save.error} shown={['apiKey', 'token', 'baseUrl']} />
      <div className="card-actions">
        <Button type="submit" variant="primary" isPending={save.isPending}>
          Save model
        </Button>
        {settings.source === 'member' && (
          <Button variant="quiet" onPress={() => clear.mutate()} isPending={clear.isPending}>
            Use this installation’s default
          </Button>
        )}
      </div>
    </Form>
  );
}
