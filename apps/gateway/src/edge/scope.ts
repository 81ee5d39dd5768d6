import type { MemberRole, TenantId, UserId } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';

/** Who acts, in which tenant; first parameter of every service method. */
export interface TenantScope {
  tenantId: TenantId;
  userId: UserId;
  familyId: string;
  role: MemberRole;
  /** Id of the request in answers and logs. */
  requestId: string;
}

const scopes = new WeakMap<Request, TenantScope>();

/** Remembers the scope of a request that has proven it. */
export function setScope(request: Request, scope: TenantScope): void {
  scopes.set(request, scope);
}

/** The scope of a request on a route that needs one. */
export const Scope = createParamDecorator((_data: unknown, context: ExecutionContext): TenantScope => {
  const scope = scopes.get(context.switchToHttp().getRequest<Request>());
  if (!scope) throw new Error('@Scope() stands on a route without authorisation');
  return scope;
});

/** Refuses those who may only watch. */
export function requireDriver(scope: TenantScope): void {
  if (!mayDrive(scope.role)) throw new AppError('forbidden', { detail: 'Your role in this tenant may watch sessions only.' });
}

/** Whether a role may start, end and type into sessions. */
export const mayDrive = (role: MemberRole): boolean => role !== 'viewer';
