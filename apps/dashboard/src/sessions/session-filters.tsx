import '../ui/field.css';
import { Search, X } from 'lucide-react';
import type { RefObject } from 'react';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField } from 'react-aria-components/SearchField';
import { Segments } from '../ui/segments.js';
import type { SessionFilter, Shown } from './session-cache.js';

const CHOICES: readonly { id: Shown; label: string }[] = [
  { id: 'active', label: 'Active' },
  { id: 'all', label: 'All' },
  { id: 'closed', label: 'Closed' },
];
/** A pause in typing after which it is searched for. */
const PAUSE_MS = 250;
const SEARCH_LENGTH = 200;

export interface SessionFiltersProps {
  filter: SessionFilter;
  onChange: (filter: SessionFilter) => void;
  searchRef: RefObject<HTMLInputElement | null>;
}

/** Which sessions to show, by status and by title. */
export function SessionFilters({ filter, onChange, searchRef }: SessionFiltersProps) {
  const [typed, setTyped] = useState(filter.search);
  useEffect(() => {
    if (typed === filter.search) return;
    const timer = setTimeout(() => onChange({ ...filter, search: typed }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, filter, onChange]);
  return (
    <div className="session-filters">
      <Segments label="Show" choices={CHOICES} value={filter.shown} onChange={(shown) => onChange({ shown, search: typed })} />
      <SearchField aria-label="Search sessions by title" className="search" value={typed} onChange={setTyped} maxLength={SEARCH_LENGTH}>
        <Search size={16} aria-hidden="true" />
        <Input ref={searchRef} className="input" placeholder="Search titles" />
        <Button className="search-clear" aria-label="Clear search">
          <X size={16} aria-hidden="true" />
        </Button>
      </SearchField>
    </div>
  );
}
