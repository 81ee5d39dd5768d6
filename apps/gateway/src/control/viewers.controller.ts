import type { Viewer } from '@berth/protocol';
import { AppError, CONTROL_PATH } from '@berth/protocol';
import { All, Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Origins } from '../edge/origins.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { Attendance } from './attendance.js';

@Controller()
export class ViewersController {
  constructor(
    private readonly attendance: Attendance,
    private readonly origins: Origins,
  ) {}

  @Route('listViewers')
  async list(@Scope() scope: TenantScope, @Input() input: RouteInput<'listViewers'>): Promise<{ items: Viewer[]; nextCursor: null }> {
    return { items: await this.attendance.show(scope, input.params.sessionId), nextCursor: null };
  }

  /** The control socket's address, asked for without an upgrade: its polling transport is not offered. */
  @All([CONTROL_PATH, `${CONTROL_PATH}/*path`])
  upgradeRequired(@Req() request: Request): never {
    if (!this.origins.accepts(request.headers.origin)) throw new AppError('origin_forbidden');
    throw new AppError('upgrade_required', { detail: 'This address is a WebSocket; it speaks socket.io without its polling transport.' });
  }
}
