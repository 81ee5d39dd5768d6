import { ApiError } from '@berth/client';
import { QueryClient } from '@tanstack/react-query';

const FRESH_MS = 30_000;
const MOST_RETRIES = 3;

/** Server state of one signed-in tenant. */
export const newQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failures, error) => error instanceof ApiError && error.retry && failures < MOST_RETRIES,
        // A browser without internet is "offline" to itself, while a Berth on this machine or in this LAN answers.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
