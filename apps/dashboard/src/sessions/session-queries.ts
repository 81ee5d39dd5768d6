import type { SessionId, SessionUpdated, SessionView } from '@berth/protocol';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useBerth } from '../app/berth-context.js';
import { useLive } from '../app/live-context.js';
import type { SessionFilter, SessionPage } from './session-cache.js';
import { withUpdate } from './session-cache.js';

const PAGE_SIZE = 50;
/** How old a list may look while the control socket is away. */
const POLL_MS = 10_000;

type Lists = InfiniteData<SessionPage, string | undefined>;

const LISTS = ['sessions'] as const;
const listKey = (filter: SessionFilter) => [...LISTS, filter] as const;
const sessionKey = (id: SessionId) => ['session', id] as const;

/** The tenant's sessions, newest first; kept up to date by the control socket, by asking again while that is away. */
export function useSessions(filter: SessionFilter) {
  const { api } = useBerth();
  const { status } = useLive();
  const search = filter.search.trim();
  return useInfiniteQuery({
    queryKey: listKey({ shown: filter.shown, search }),
    queryFn: ({ pageParam }) =>
      api.call('listSessions', {
        query: {
          limit: PAGE_SIZE,
          ...(filter.shown === 'all' ? {} : { status: filter.shown }),
          ...(search === '' ? {} : { search }),
          ...(pageParam === undefined ? {} : { cursor: pageParam }),
        },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: status === 'connected' ? false : POLL_MS,
  });
}

/** One session, kept up to date as the lists are. */
export function useSession(sessionId: SessionId) {
  const { api } = useBerth();
  const { status } = useLive();
  return useQuery({
    queryKey: sessionKey(sessionId),
    queryFn: () => api.call('getSession', { params: { sessionId } }),
    refetchInterval: status === 'connected' ? false : POLL_MS,
  });
}

/** Takes what is known about one session into everything that shows it. */
export function applyUpdate(client: QueryClient, update: SessionUpdated): void {
  for (const query of client.getQueryCache().findAll({ queryKey: LISTS })) {
    const filter = query.queryKey[1] as SessionFilter;
    client.setQueryData<Lists>(query.queryKey, (data) => data && { ...data, pages: [...withUpdate(data.pages, filter, update)] });
    // An answer that is under way may be older than this, and would overwrite it.
    if (query.state.fetchStatus === 'fetching') void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
  const key = sessionKey(update.sessionId);
  if (update.session) client.setQueryData(key, update.session);
  else void client.invalidateQueries({ queryKey: key });
}

/** Everything that shows sessions asks anew. */
export function rereadSessions(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: LISTS });
  void client.invalidateQueries({ queryKey: ['session'] });
}

/** What can be done to a session. Each takes the answer into every list; a rename and a deletion show at once and are taken back when they fail. */
export function useSessionMutations() {
  const { api } = useBerth();
  const client = useQueryClient();
  const taken = (session: SessionView): void => applyUpdate(client, { sessionId: session.id, session });
  const reread = (): void => rereadSessions(client);
  const params = ({ id }: SessionView) => ({ params: { sessionId: id } });
  return {
    rename: useMutation({
      mutationFn: ({ session, title }: { session: SessionView; title: string }) =>
        api.call('updateSession', { ...params(session), body: { title } }),
      onMutate: ({ session, title }) => taken({ ...session, title }),
      onSuccess: taken,
      onError: reread,
    }),
    wake: useMutation({ mutationFn: (session: SessionView) => api.call('wakeSession', params(session)), onSuccess: taken }),
    suspend: useMutation({ mutationFn: (session: SessionView) => api.call('suspendSession', params(session)), onSuccess: taken }),
    close: useMutation({ mutationFn: (session: SessionView) => api.call('closeSession', params(session)), onSuccess: taken }),
    remove: useMutation({
      mutationFn: (session: SessionView) => api.call('deleteSession', params(session)),
      onMutate: ({ id }) => applyUpdate(client, { sessionId: id, session: null }),
      onError: reread,
    }),
  };
}
