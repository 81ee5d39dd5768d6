import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import { SessionId } from '../ids.js';
import { Viewer } from '../control/events.js';
import { LinkLoginInput, LoginInput, Me, RefreshInput, SignedIn, SocketTicket, SocketTicketInput } from './auth.js';
import { page } from './common.js';
import { InvitedMember, LoginLink, MePatch, Member, MemberInput, MemberParams, MemberPatch, Members, PasswordInput } from './members.js';
import { ModelSettings, ModelSettingsInput, UsageQuery, UsageRow } from './model-settings.js';
import { OutputQuery, SessionInput, SessionPatch, SessionQuery, SessionScreen, SessionView, WorkspaceRoots } from './sessions.js';

/** How a call proves who makes it: `bearer` an access token; `cookie` the refresh cookie; `none` nothing. */
export type RouteAuth = 'none' | 'bearer' | 'cookie';

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `{name}` parameters. */
  path: string;
  summary: string;
  auth: RouteAuth;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject | z.ZodDiscriminatedUnion;
  status: number;
  /** JSON schema of the answer; `bytes` = application/octet-stream; absent = no body. */
  response?: z.ZodType | 'bytes';
  errors: readonly ErrorCode[];
}

const SessionParams = z.object({ sessionId: SessionId });
const authenticated = ['unauthenticated', 'rate_limited', 'internal', 'unavailable', 'draining'] as const;
const byAdmins = [...authenticated, 'forbidden', 'invalid_request', 'malformed_request'] as const;
const onSession = [...authenticated, 'not_found', 'forbidden'] as const;

/** The whole REST interface: one row a call. Controllers, pipes, OpenAPI, the client and the isolation test are derived from it. */
export const routes = {
  login: {
    method: 'POST',
    path: '/v1/auth/login',
    summary: 'Sign in with e-mail address and password',
    auth: 'none',
    body: LoginInput,
    status: 200,
    response: SignedIn,
    errors: ['invalid_request', 'malformed_request', 'invalid_credentials', 'origin_forbidden', 'rate_limited', 'internal', 'unavailable'],
  },
  loginWithLink: {
    method: 'POST',
    path: '/v1/auth/link',
    summary: 'Exchange a one-time sign-in link for a signed-in state',
    auth: 'none',
    body: LinkLoginInput,
    status: 200,
    response: SignedIn,
    errors: ['invalid_request', 'malformed_request', 'invalid_credentials', 'origin_forbidden', 'rate_limited', 'internal', 'unavailable'],
  },
  refresh: {
    method: 'POST',
    path: '/v1/auth/refresh',
    summary: 'Rotate the refresh cookie; optionally switch the tenant',
    auth: 'cookie',
    body: RefreshInput,
    status: 200,
    response: SignedIn,
    errors: [
      'invalid_request',
      'malformed_request',
      'unauthenticated',
      'not_found',
      'origin_forbidden',
      'rate_limited',
      'internal',
      'unavailable',
    ],
  },
  logout: {
    method: 'POST',
    path: '/v1/auth/logout',
    summary: 'End the signed-in state of this browser, its sockets included',
    auth: 'cookie',
    status: 204,
    errors: ['origin_forbidden', 'internal', 'unavailable'],
  },
  me: {
    method: 'GET',
    path: '/v1/me',
    summary: 'Who is signed in, and in which tenant',
    auth: 'bearer',
    status: 200,
    response: Me,
    errors: authenticated,
  },
  updateMe: {
    method: 'PATCH',
    path: '/v1/me',
    summary: 'Change the name that others see',
    auth: 'bearer',
    body: MePatch,
    status: 200,
    response: Me,
    errors: [...authenticated, 'forbidden', 'invalid_request', 'malformed_request'],
  },
  setPassword: {
    method: 'POST',
    path: '/v1/me/password',
    summary: 'Set or change the password of this account',
    auth: 'bearer',
    body: PasswordInput,
    status: 204,
    errors: [...authenticated, 'forbidden', 'invalid_credentials', 'invalid_request', 'malformed_request'],
  },
  createLoginLink: {
    method: 'POST',
    path: '/v1/auth/links',
    summary: 'A one-time link that signs another device of yours in',
    auth: 'bearer',
    status: 201,
    response: LoginLink,
    errors: authenticated,
  },
  listMembers: {
    method: 'GET',
    path: '/v1/members',
    summary: 'The people of the tenant',
    auth: 'bearer',
    status: 200,
    response: Members,
    errors: authenticated,
  },
  addMember: {
    method: 'POST',
    path: '/v1/members',
    summary: 'Add a person to the tenant; answers with a one-time link to hand over',
    auth: 'bearer',
    body: MemberInput,
    status: 201,
    response: InvitedMember,
    errors: [...byAdmins, 'conflict'],
  },
  updateMember: {
    method: 'PATCH',
    path: '/v1/members/{userId}',
    summary: 'Change the role of a member',
    auth: 'bearer',
    params: MemberParams,
    body: MemberPatch,
    status: 200,
    response: Member,
    errors: [...byAdmins, 'not_found', 'conflict'],
  },
  removeMember: {
    method: 'DELETE',
    path: '/v1/members/{userId}',
    summary: 'Remove a member: sign-ins end and sockets are closed',
    auth: 'bearer',
    params: MemberParams,
    status: 204,
    errors: [...byAdmins, 'not_found', 'conflict'],
  },
  resetMember: {
    method: 'POST',
    path: '/v1/members/{userId}/reset',
    summary: 'End the sign-ins of a member and make a new one-time link',
    auth: 'bearer',
    params: MemberParams,
    status: 201,
    response: InvitedMember,
    errors: [...byAdmins, 'not_found', 'conflict'],
  },
  signOutMember: {
    method: 'POST',
    path: '/v1/members/{userId}/sign-out',
    summary: 'End every sign-in of a member in this tenant; sockets are closed',
    auth: 'bearer',
    params: MemberParams,
    status: 204,
    errors: [...byAdmins, 'not_found'],
  },
  getModelSettings: {
    method: 'GET',
    path: '/v1/model-settings',
    summary: 'Who answers the sessions of this tenant; never the secret itself',
    auth: 'bearer',
    status: 200,
    response: ModelSettings,
    errors: authenticated,
  },
  setModelSettings: {
    method: 'PUT',
    path: '/v1/model-settings',
    summary: 'Choose the model provider; holds at once, also for sessions that run',
    auth: 'bearer',
    body: ModelSettingsInput,
    status: 200,
    response: ModelSettings,
    errors: byAdmins,
  },
  clearModelSettings: {
    method: 'DELETE',
    path: '/v1/model-settings',
    summary: "Forget the tenant's own provider and its secret; the installation's default holds again",
    auth: 'bearer',
    status: 200,
    response: ModelSettings,
    errors: byAdmins,
  },
  listUsage: {
    method: 'GET',
    path: '/v1/usage',
    summary: 'Tokens used, by day and model; the last 30 days unless told otherwise',
    auth: 'bearer',
    query: UsageQuery,
    status: 200,
    response: page(UsageRow),
    errors: [...authenticated, 'invalid_request'],
  },
  listWorkspaceRoots: {
    method: 'GET',
    path: '/v1/workspace-roots',
    summary: 'Folders that sessions may be started in by path',
    auth: 'bearer',
    status: 200,
    response: WorkspaceRoots,
    errors: authenticated,
  },
  createSocketTicket: {
    method: 'POST',
    path: '/v1/socket-tickets',
    summary: 'A one-use ticket with which a browser opens a socket',
    auth: 'bearer',
    body: SocketTicketInput,
    status: 201,
    response: SocketTicket,
    errors: [...onSession, 'invalid_request', 'malformed_request'],
  },
  createSession: {
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Start a session',
    auth: 'bearer',
    body: SessionInput,
    status: 201,
    response: SessionView,
    errors: [...authenticated, 'forbidden', 'invalid_request', 'malformed_request'],
  },
  listSessions: {
    method: 'GET',
    path: '/v1/sessions',
    summary: 'Sessions of the tenant, newest first',
    auth: 'bearer',
    query: SessionQuery,
    status: 200,
    response: page(SessionView),
    errors: [...authenticated, 'invalid_request'],
  },
  getSession: {
    method: 'GET',
    path: '/v1/sessions/{sessionId}',
    summary: 'One session',
    auth: 'bearer',
    params: SessionParams,
    status: 200,
    response: SessionView,
    errors: onSession,
  },
  updateSession: {
    method: 'PATCH',
    path: '/v1/sessions/{sessionId}',
    summary: 'Rename a session',
    auth: 'bearer',
    params: SessionParams,
    body: SessionPatch,
    status: 200,
    response: SessionView,
    errors: [...onSession, 'invalid_request', 'malformed_request'],
  },
  deleteSession: {
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}',
    summary: 'Delete a closed session with its log',
    auth: 'bearer',
    params: SessionParams,
    status: 204,
    errors: [...onSession, 'conflict'],
  },
  closeSession: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/close',
    summary: 'End a session for good; its processes are ended',
    auth: 'bearer',
    params: SessionParams,
    status: 202,
    response: SessionView,
    errors: [...onSession, 'conflict'],
  },
  suspendSession: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/suspend',
    summary: 'End the current run; the session can be woken',
    auth: 'bearer',
    params: SessionParams,
    status: 202,
    response: SessionView,
    errors: [...onSession, 'conflict'],
  },
  wakeSession: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/wake',
    summary: 'Start a new run of a suspended session',
    auth: 'bearer',
    params: SessionParams,
    status: 202,
    response: SessionView,
    errors: [...onSession, 'conflict'],
  },
  listViewers: {
    method: 'GET',
    path: '/v1/sessions/{sessionId}/viewers',
    summary: 'Who is attached to a session now, on any gateway',
    auth: 'bearer',
    params: SessionParams,
    status: 200,
    response: page(Viewer),
    errors: onSession,
  },
  getSessionOutput: {
    method: 'GET',
    path: '/v1/sessions/{sessionId}/output',
    summary: 'Terminal output from an offset, as the log has it; headers Berth-From and Berth-To',
    auth: 'bearer',
    params: SessionParams,
    query: OutputQuery,
    status: 200,
    response: 'bytes',
    errors: [...onSession, 'invalid_request', 'range_pruned'],
  },
  getSessionScreen: {
    method: 'GET',
    path: '/v1/sessions/{sessionId}/screen',
    summary: 'What the terminal shows, or showed last: as text, and as output that another terminal goes on from',
    auth: 'bearer',
    params: SessionParams,
    status: 200,
    response: SessionScreen,
    errors: onSession,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
