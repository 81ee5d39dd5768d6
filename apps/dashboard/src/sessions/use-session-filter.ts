import { useSearchParams } from 'react-router';
import type { SessionFilter } from './session-cache.js';
import { SHOWN } from './session-cache.js';

/** The filter of the list, in the address: a reload and the way back keep it. Nothing else in the address means anything. */
export function useSessionFilter(): [SessionFilter, (filter: SessionFilter) => void] {
  const [parameters, setParameters] = useSearchParams();
  const shown = SHOWN.find((each) => each === parameters.get('show')) ?? 'active';
  const search = parameters.get('search') ?? '';
  const change = (filter: SessionFilter): void =>
    setParameters(
      { ...(filter.shown === 'active' ? {} : { show: filter.shown }), ...(filter.search === '' ? {} : { search: filter.search }) },
      { replace: true },
    );
  return [{ shown, search }, change];
}
