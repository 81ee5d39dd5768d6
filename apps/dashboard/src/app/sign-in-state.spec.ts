import { TenantId, UserId, toProblem } from '@berth/protocol';
import type { ErrorCode, SignedIn } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { SignInState } from './sign-in-state.js';

const answer: SignedIn = {
  accessToken: 'T',
  expiresIn: 600,
  user: { id: UserId.parse(`usr_${'1'.repeat(32)}`), email: 'owner@example.com', name: 'owner' },
  tenantId: TenantId.parse(`ten_${'2'.repeat(32)}`),
  tenants: [],
};
const json = (body: unknown, status: number): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** A gateway that answers each path as it is told to at the moment; nothing at all where it is told nothing. */
function scripted() {
  const answers = new Map<string, ErrorCode | 'well'>();
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    const path = new URL(input instanceof Request ? input.url : input).pathname;
    const told = answers.get(path.slice(path.lastIndexOf('/') + 1));
    if (told === undefined) throw new TypeError('no answer');
    if (told !== 'well') return json(toProblem(told, {}), toProblem(told, {}).status);
    return path.endsWith('/logout') ? new Response(null, { status: 204 }) : json(answer, 200);
  };
  const signIn = new SignInState('https://berth.example.com', fetch);
  const seen: string[] = [];
  signIn.subscribe(() => seen.push(signIn.phase().phase));
  return { signIn, answers, seen };
}

describe('SignInState', () => {
  it('resumes by the cookie; a renewed token is nothing new', async () => {
    const { signIn, answers, seen } = scripted();
    answers.set('refresh', 'well');
    await signIn.resume();
    const before = signIn.phase();
    expect(before).toEqual({ phase: 'signed-in', userId: answer.user.id, tenantId: answer.tenantId });
    await signIn.api.refresh();
    expect(signIn.phase()).toBe(before);
    expect(seen).toEqual(['signed-in']);
  });

  it('tells nobody from nobody knows', async () => {
    const { signIn, answers, seen } = scripted();
    await signIn.resume();
    expect(signIn.phase()).toEqual({ phase: 'unreachable' });
    answers.set('refresh', 'unauthenticated');
    await signIn.resume();
    expect(signIn.phase()).toEqual({ phase: 'signed-out', expired: false });
    expect(seen).toEqual(['unreachable', 'resuming', 'signed-out']);
  });

  it('tells a sign-in that ended from one that was left', async () => {
    const { signIn, answers } = scripted();
    answers.set('refresh', 'well').set('logout', 'well');
    await signIn.resume();
    answers.set('refresh', 'unauthenticated').set('me', 'unauthenticated');
    await expect(signIn.api.call('me')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(signIn.phase()).toEqual({ phase: 'signed-out', expired: true });
    answers.set('refresh', 'well');
    await signIn.resume();
    await signIn.signOut();
    expect(signIn.phase()).toEqual({ phase: 'signed-out', expired: false });
  });

  it('is still signed in when the gateway could not be told to sign out', async () => {
    const { signIn, answers } = scripted();
    answers.set('refresh', 'well');
    await signIn.resume();
    await expect(signIn.signOut()).rejects.toMatchObject({ code: 'unavailable' });
    expect(signIn.phase().phase).toBe('signed-in');
  });
});
