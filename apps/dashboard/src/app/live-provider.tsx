import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useMemo, useState } from 'react';
import { applyUpdate, rereadSessions } from '../sessions/session-queries.js';
import { useToast } from '../ui/toast.js';
import { useBerth } from './berth-context.js';
import type { ControlStatus } from '@berth/client';
import { LiveContext } from './live-context.js';
import { queryKeys } from './query-keys.js';

/** A reconnection that takes no longer is nobody's concern. */
const PATIENCE_MS = 2_500;

/** Follows the control socket: takes what it says into what the pages show, and rereads all of it after a break. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const { api, control } = useBerth();
  const client = useQueryClient();
  const toast = useToast();
  const [status, setStatus] = useState<ControlStatus>(control.status);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ends = [
      control.onStatus((next) => {
        clearTimeout(timer);
        if (next !== 'connected') {
          timer = setTimeout(() => setStatus(next), PATIENCE_MS);
          return;
        }
        setStatus(next);
        // Whatever changed while nobody could be told.
        rereadSessions(client);
      }),
      control.on('session.updated', (update) => applyUpdate(client, update)),
      control.on('notice', ({ level, text, subject }) => {
        if (level === 'info') toast.info(text);
        else toast.error(text);
        if (subject === 'model-settings') {
          void client.invalidateQueries({ queryKey: queryKeys.modelSettings });
          // Each session says who answers it.
          rereadSessions(client);
        }
        if (subject === 'members') for (const queryKey of [queryKeys.members, queryKeys.me]) void client.invalidateQueries({ queryKey });
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [api, client, control, toast]);

  const live = useMemo(() => ({ status }), [status]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
