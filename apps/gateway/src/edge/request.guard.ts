import { AppError } from '@berth/protocol';
import { nameRequestSpan } from '@berth/telemetry';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AccessTokens } from '../auth/access-tokens.js';
import { Principals } from '../auth/principals.js';
import { Origins } from './origins.js';
import { requestIdOf } from './request-log.js';
import { routeOf } from './route.decorator.js';
import { setScope } from './scope.js';

/** Names under which credentials have been seen in query strings, where logs and histories keep them. */
const CREDENTIAL_PARAMETERS = /^(access_?token|token|id_?token|api_?key|key|ticket|authorization|auth|jwt|password|secret)$/i;

/** Runs before every handler: no credential in the address, no foreign page, and a proven scope where the route needs one. */
@Injectable()
export class RequestGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly principals: Principals,
    private readonly origins: Origins,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    if (Object.keys(request.query).some((name) => CREDENTIAL_PARAMETERS.test(name))) {
      throw new AppError('unauthenticated', { detail: 'Send credentials in the Authorization header, never in the address.' });
    }
    if (request.method !== 'GET' && !this.origins.accepts(request.headers.origin)) {
      throw new AppError('origin_forbidden', this.origins.public === undefined ? {} : { detail: `Open Berth at ${this.origins.public}.` });
    }
    const route = routeOf(context);
    if (route) nameRequestSpan(route.method, route.path);
    if (route?.auth !== 'bearer') return true;
    const principal = await this.tokens.authenticate(request);
    const requestId = requestIdOf(context.switchToHttp().getResponse<Response>());
    setScope(request, { ...(await this.principals.require(principal)), requestId });
    return true;
  }
}
