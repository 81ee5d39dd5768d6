import type { InvitedMember, Member } from '@berth/protocol';
import { Controller } from '@nestjs/common';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { MembersService } from './members.service.js';

@Controller()
export class MembersController {
  constructor(private readonly service: MembersService) {}

  @Route('listMembers')
  list(@Scope() scope: TenantScope) {
    return this.service.list(scope);
  }

  @Route('addMember')
  add(@Scope() scope: TenantScope, @Input() input: RouteInput<'addMember'>): Promise<InvitedMember> {
    return this.service.add(scope, input.body);
  }

  @Route('updateMember')
  update(@Scope() scope: TenantScope, @Input() input: RouteInput<'updateMember'>): Promise<Member> {
    return this.service.update(scope, input.params.userId, input.body.role);
  }

  @Route('removeMember')
  remove(@Scope() scope: TenantScope, @Input() input: RouteInput<'removeMember'>): Promise<void> {
    return this.service.remove(scope, input.params.userId);
  }

  @Route('resetMember')
  reset(@Scope() scope: TenantScope, @Input() input: RouteInput<'resetMember'>): Promise<InvitedMember> {
    return this.service.reset(scope, input.params.userId);
  }

  @Route('signOutMember')
  signOut(@Scope() scope: TenantScope, @Input() input: RouteInput<'signOutMember'>): Promise<void> {
    return this.service.signOut(scope, input.params.userId);
  }
}
