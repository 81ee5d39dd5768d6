import type { SocketTicket } from '@berth/protocol';
import { Controller, Header } from '@nestjs/common';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { SocketTicketsService } from './socket-tickets.service.js';

@Controller()
export class SocketTicketsController {
  constructor(private readonly service: SocketTicketsService) {}

  @Route('createSocketTicket')
  @Header('Cache-Control', 'no-store')
  create(@Scope() scope: TenantScope, @Input() input: RouteInput<'createSocketTicket'>): Promise<SocketTicket> {
    return this.service.create(scope, input.body);
  }
}
