import { AppError } from '@berth/protocol';

/** Position behind a session in a list, newest first: its id, which starts with the time it was made at. */
export const cursorAfter = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');

/** The id in a cursor. Throws `invalid_request` on what no list has answered with. */
export function cursorUuid(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  if (hex.length !== 32 || cursorAfter(hex) !== cursor) {
    throw new AppError('invalid_request', { issues: [{ path: 'cursor', message: 'is not a position in this list' }] });
  }
  return hex;
}
