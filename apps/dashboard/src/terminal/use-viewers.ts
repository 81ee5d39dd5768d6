import type { SessionId, Viewer } from '@berth/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useBerth } from '../app/berth-context.js';

const NOBODY: readonly Viewer[] = [];

const viewersKey = (sessionId: SessionId) => ['viewers', sessionId] as const;

/** Everybody who is attached to the session now, as the control socket tells. */
export function useViewers(sessionId: SessionId): readonly Viewer[] {
  const { api, control } = useBerth();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: viewersKey(sessionId),
    queryFn: async () => (await api.call('listViewers', { params: { sessionId } })).items,
  });
  useEffect(() => {
    const queryKey = viewersKey(sessionId);
    // Listen first, then read: who comes in between is not missed.
    const ends = [
      control.on('session.presence', ({ sessionId: id, viewers }) => {
        if (id === sessionId) client.setQueryData(queryKey, viewers);
      }),
      control.onStatus((status) => {
        if (status === 'connected') void client.invalidateQueries({ queryKey });
      }),
      control.watch(sessionId),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client, control, sessionId]);
  return data ?? NOBODY;
}
