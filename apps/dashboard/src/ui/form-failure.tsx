import './field.css';
import { ApiError } from '@berth/client';
import { messageOf } from './message-of.js';

const belongsTo = (path: string, field: string): boolean => path === field || path.startsWith(`${field}.`);

/** What the server found wrong in a field or in a part of it; undefined when that was not it. */
export function issueOf(error: unknown, field: string): string | undefined {
  const issue = error instanceof ApiError ? error.issues.find(({ path }) => belongsTo(path, field)) : undefined;
  return issue && `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`.replace(/\.\.$/, '.');
}

/** Why a form was not accepted, unless it is said at one of the `shown` fields already. */
export function FormFailure({ error, shown = [] }: { error: unknown; shown?: readonly string[] }) {
  if (error === null || error === undefined || shown.some((field) => issueOf(error, field) !== undefined)) return null;
  return (
    <p className="form-failure" role="alert">
      {messageOf(error)}
    </p>
  );
}
