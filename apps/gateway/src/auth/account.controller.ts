import type { LoginLink, Me } from '@berth/protocol';
import { Controller } from '@nestjs/common';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { AccountService } from './account.service.js';

@Controller()
export class AccountController {
  constructor(private readonly service: AccountService) {}

  @Route('me')
  me(@Scope() scope: TenantScope): Promise<Me> {
    return this.service.me(scope);
  }

  @Route('updateMe')
  update(@Scope() scope: TenantScope, @Input() input: RouteInput<'updateMe'>): Promise<Me> {
    return this.service.rename(scope, input.body);
  }

  @Route('setPassword')
  setPassword(@Scope() scope: TenantScope, @Input() input: RouteInput<'setPassword'>): Promise<void> {
    return this.service.setPassword(scope, input.body);
  }

  @Route('createLoginLink')
  createLink(@Scope() scope: TenantScope): Promise<LoginLink> {
    return this.service.createLink(scope);
  }
}
