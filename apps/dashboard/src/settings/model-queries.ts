import { useQuery } from '@tanstack/react-query';
import { useBerth } from '../app/berth-context.js';
import { queryKeys } from '../app/query-keys.js';

/** Who answers the tenant's sessions. */
export function useModelSettings() {
  const { api } = useBerth();
  return useQuery({ queryKey: queryKeys.modelSettings, queryFn: () => api.call('getModelSettings') });
}
