import { pipeline } from 'node:stream/promises';
import type { SessionScreen, SessionView } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { SessionOutputService } from './session-output.service.js';
import { SessionScreenService } from './session-screen.service.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly service: SessionsService,
    private readonly output: SessionOutputService,
    private readonly screen: SessionScreenService,
  ) {}

  @Route('createSession')
  create(@Scope() scope: TenantScope, @Input() input: RouteInput<'createSession'>): Promise<SessionView> {
    return this.service.create(scope, input.body);
  }

  @Route('listWorkspaceRoots')
  workspaceRoots(@Scope() scope: TenantScope) {
    return this.service.workspaceRoots(scope);
  }

  @Route('listSessions')
  list(@Scope() scope: TenantScope, @Input() input: RouteInput<'listSessions'>) {
    return this.service.list(scope, input.query);
  }

  @Route('getSession')
  get(@Scope() scope: TenantScope, @Input() input: RouteInput<'getSession'>): Promise<SessionView> {
    return this.service.get(scope, input.params.sessionId);
  }

  @Route('updateSession')
  update(@Scope() scope: TenantScope, @Input() input: RouteInput<'updateSession'>): Promise<SessionView> {
    return this.service.rename(scope, input.params.sessionId, input.body.title);
  }

  @Route('deleteSession')
  remove(@Scope() scope: TenantScope, @Input() input: RouteInput<'deleteSession'>): Promise<void> {
    return this.service.remove(scope, input.params.sessionId);
  }

  @Route('closeSession')
  close(@Scope() scope: TenantScope, @Input() input: RouteInput<'closeSession'>): Promise<SessionView> {
    return this.service.end(scope, input.params.sessionId, 'closed');
  }

  @Route('suspendSession')
  suspend(@Scope() scope: TenantScope, @Input() input: RouteInput<'suspendSession'>): Promise<SessionView> {
    return this.service.end(scope, input.params.sessionId, 'suspended');
  }

  @Route('wakeSession')
  wake(@Scope() scope: TenantScope, @Input() input: RouteInput<'wakeSession'>): Promise<SessionView> {
    return this.service.wake(scope, input.params.sessionId);
  }

  @Route('getSessionOutput')
  async getOutput(@Scope() scope: TenantScope, @Input() input: RouteInput<'getSessionOutput'>, @Res() response: Response): Promise<void> {
    const output = await this.output.open(scope, input.params.sessionId, input.query.from);
    if (output.kind === 'pruned') {
      response.setHeader('Berth-From', String(output.oldest));
      throw new AppError('range_pruned', {
        detail: `The oldest output that is kept from there on begins at offset ${String(output.oldest)}.`,
      });
    }
    const { from, to, bytes } = output;
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Content-Length', String(to - from));
    response.setHeader('Berth-From', String(from));
    response.setHeader('Berth-To', String(to));
    await pipeline(bytes, response);
  }

  @Route('getSessionScreen')
  getScreen(@Scope() scope: TenantScope, @Input() input: RouteInput<'getSessionScreen'>): Promise<SessionScreen> {
    return this.screen.get(scope, input.params.sessionId);
  }

  /** The byte socket's address, asked for without an upgrade. */
  @Get('v1/sessions/:sessionId/bytes')
  upgradeRequired(): never {
    throw new AppError('upgrade_required', { detail: 'This address is a WebSocket; its protocol is berth.bytes.v1.' });
  }
}
