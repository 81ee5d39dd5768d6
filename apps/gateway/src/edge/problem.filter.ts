import type { ErrorCode, ErrorDetails } from '@berth/protocol';
import { AppError, ERRORS, routes, toProblem } from '@berth/protocol';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { BadRequestException, Catch, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { requestIdOf } from './request-log.js';

interface Failure {
  code: ErrorCode;
  details: ErrorDetails;
}

/** Answers every failure with an RFC 9457 problem. What is not expected is logged and answered as `internal`, without a detail. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // Whoever hung up hears no answer.
    if (response.destroyed) return;
    const { code, details } = failureOf(error, request, response);
    const requestId = requestIdOf(response);
    if (code === 'internal') this.logger.error({ err: error, requestId }, 'a request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (ERRORS[code].http === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (details.retryAfter !== undefined) response.setHeader('Retry-After', String(details.retryAfter));
    response
      .status(ERRORS[code].http ?? 500)
      .type('application/problem+json')
      .send(JSON.stringify(toProblem(code, details, requestId)));
  }
}

function failureOf(error: unknown, request: Request, response: Response): Failure {
  if (error instanceof AppError) return { code: ERRORS[error.code].http === null ? 'internal' : error.code, details: error.details };
  if (error instanceof NotFoundException) return unknownPath(request, response);
  // What the framework itself calls a bad request is a path that cannot be decoded.
  if (error instanceof BadRequestException) return { code: 'not_found', details: {} };
  return { code: 'internal', details: {} };
}

/** No handler: the path is unknown, or it is known under another method. */
function unknownPath(request: Request, response: Response): Failure {
  const methods = Object.values(routes).flatMap((route) => (pattern(route.path).test(request.path) ? [route.method] : []));
  if (methods.length === 0) return { code: 'not_found', details: {} };
  response.setHeader('Allow', [...new Set(methods)].join(', '));
  return { code: 'method_not_allowed', details: {} };
}

const pattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
