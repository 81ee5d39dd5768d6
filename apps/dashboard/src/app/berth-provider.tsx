import type { BerthApi } from '@berth/client';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { messageOf } from '../ui/message-of.js';
import { MessagePage } from '../ui/message-page.js';
import { Splash } from '../ui/splash.js';
import { BerthContext } from './berth-context.js';
import { LiveProvider } from './live-provider.js';
import { newQueryClient } from './query-client.js';
import { queryKeys } from './query-keys.js';
import type { SignInState } from './sign-in-state.js';
import { useControl } from './use-control.js';

/** Everything that belongs to one account in one tenant; a different one gets a provider of its own, and sees nothing of this one's data. */
export function BerthProvider({ signIn, children }: { signIn: SignInState; children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return (
    <QueryClientProvider client={client}>
      <WithMe signIn={signIn}>{children}</WithMe>
    </QueryClientProvider>
  );
}

const meQuery = (api: BerthApi) => ({ queryKey: queryKeys.me, queryFn: () => api.call('me') });

function WithMe({ signIn, children }: { signIn: SignInState; children: ReactNode }) {
  const { api } = signIn;
  const me = useQuery(meQuery(api));
  const control = useControl(api);
  const berth = useMemo(
    () =>
      me.data &&
      control && {
        api,
        control,
        me: me.data,
        signOut: () => signIn.signOut(),
        switchTenant: (tenantId: typeof me.data.tenantId) => signIn.switchTenant(tenantId),
      },
    [api, control, me.data, signIn],
  );
  if (berth)
    return (
      <BerthContext value={berth}>
        <LiveProvider>{children}</LiveProvider>
      </BerthContext>
    );
  if (me.error)
    return <MessagePage title="Berth cannot be opened" text={messageOf(me.error)} action="Try again" onAction={() => void me.refetch()} />;
  return <Splash />;
}
