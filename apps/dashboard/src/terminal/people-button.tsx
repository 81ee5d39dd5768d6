import './people-button.css';
import { Users } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Popover } from 'react-aria-components/Popover';
import { Avatar } from '../ui/avatar.js';
import { Switch } from '../ui/switch.js';
import type { Person } from './people.js';

/** Faces that are shown beside the count; a phone has room for none. */
const FACES = 3;

export interface PeopleButtonProps {
  people: readonly Person[];
  role: 'driver' | 'viewer' | undefined;
  /** Whether this member may type at all. */
  mayDrive: boolean;
  watchOnly: boolean;
  onWatchOnly: (watchOnly: boolean) => void;
}

const countWords = (count: number): string => (count === 1 ? '1 person here' : `${count} people here`);

/** Who is at the session, and whether oneself types or only watches. */
export function PeopleButton({ people, role, mayDrive, watchOnly, onWatchOnly }: PeopleButtonProps) {
  const others = people.filter(({ isMe }) => !isMe);
  // Oneself is here, even while that is not known yet.
  const count = Math.max(1, people.length);
  const watching = role === 'viewer' ? 'Watching · ' : '';
  return (
    <DialogTrigger>
      <AriaButton className="button quiet people-button" aria-label={`${watching}${countWords(count)}`}>
        {others.length > 0 && (
          <span className="people-faces" aria-hidden="true">
            {others.slice(0, FACES).map(({ userId, name }) => (
              <Avatar key={userId} name={name} small />
            ))}
          </span>
        )}
        <Users size={18} aria-hidden="true" className="people-icon" />
        <span className="people-count">
          {watching !== '' && <span className="people-role">{watching}</span>}
          {count}
        </span>
      </AriaButton>
      <Popover className="popover people-popover" placement="bottom end" offset={4}>
        <Dialog className="people-dialog">
          <Heading slot="title" className="people-title">
            {countWords(count)}
          </Heading>
          <ul className="people">
            {people.map((person) => (
              <PersonRow key={person.userId} person={person} />
            ))}
          </ul>
          {mayDrive ? (
            <Switch label="Watch only" description="What you type here goes nowhere." isSelected={watchOnly} onChange={onWatchOnly} />
          ) : (
            <p className="people-note">You are a viewer in this team: you can watch, not type. An admin can change that.</p>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function PersonRow({ person: { name, isMe, drives, windows } }: { person: Person }) {
  return (
    <li className="person">
      <Avatar name={name} small />
      <span className="person-name">
        {name}
        {isMe && ' (you)'}
        {windows > 1 && <span className="person-windows"> in {windows} windows</span>}
      </span>
      <span className="person-role">{drives ? 'Can type' : 'Watches'}</span>
    </li>
  );
}
