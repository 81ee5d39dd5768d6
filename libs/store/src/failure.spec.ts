import { AppError } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { failureKind, toAppError } from './failure.js';

const withCode = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

describe('failureKind', () => {
  it.each([
    ['dropped', withCode('ECONNREFUSED')],
    ['dropped', withCode('57P01')],
    ['dropped', withCode('08006')],
    ['dropped', new Error('Connection terminated unexpectedly')],
    ['dropped', new AggregateError([withCode('ECONNREFUSED')])],
    ['dropped', Object.assign(new Error('Server has closed the connection.'), { code: 'P1017' })],
    [
      'dropped',
      Object.assign(new Error('raw query failed'), { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P03' } } } }),
    ],
    ['busy', new Error('timeout exceeded when trying to connect')],
    ['busy', withCode('57014')],
    ['busy', withCode('53300')],
    ['busy', withCode('P2028')],
    ['conflict', withCode('40001')],
    ['conflict', new Error('wrapped', { cause: { kind: 'TransactionWriteConflict', originalCode: '40P01' } })],
    ['other', withCode('23505')],
    ['other', withCode('42501')],
    ['other', new Error('anything')],
    ['other', undefined],
  ])('is %s', (kind, error) => {
    expect(failureKind(error)).toBe(kind);
  });

  it('ends on an error that names itself as its cause', () => {
    const error = new Error('a circle');
    error.cause = error;
    expect(failureKind(error)).toBe('other');
  });
});

describe('toAppError', () => {
  it('says unavailable for the state of the database, and passes on everything else', () => {
    const refused = withCode('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432');
    expect(toAppError(refused)).toMatchObject({ code: 'unavailable', cause: refused });
    const own = new AppError('conflict');
    expect(toAppError(own)).toBe(own);
    const bug = withCode('23505');
    expect(toAppError(bug)).toBe(bug);
  });
});
