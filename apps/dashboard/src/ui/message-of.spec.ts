import { ApiError } from '@berth/client';
import { toProblem } from '@berth/protocol';
import { expect, it } from 'vitest';
import { messageOf } from './message-of.js';

const problem = (...[code, details]: Parameters<typeof toProblem>) =>
  new ApiError(code, toProblem(code, details).status, toProblem(code, details, 'req-1'));

it('passes on what the server says, as a sentence', () => {
  expect(messageOf(problem('conflict', { detail: 'The last owner stays.' }))).toBe('The last owner stays.');
  expect(messageOf(problem('forbidden', {}))).toBe('You may not do this.');
});

it('tells the lack of an answer from an answer', () => {
  expect(messageOf(new ApiError('unavailable', 0))).toContain('cannot be reached');
  expect(messageOf(problem('unavailable', {}))).toBe('A service that Berth needs cannot be reached.');
});

it('says how long to wait, which field is wrong, and where to look', () => {
  expect(messageOf(problem('rate_limited', { retryAfter: 42 }))).toBe('Too many tries. Try again in 42 s.');
  expect(messageOf(problem('invalid_request', { issues: [{ path: 'title', message: 'is too long' }] }))).toBe('title: is too long');
  expect(messageOf(problem('internal', {}))).toContain('req-1');
});

it('never shows the text of an error of this page', () => {
  expect(messageOf(new TypeError('x is undefined'))).not.toContain('undefined');
});
