import { requestId } from '@berth/telemetry';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import type { HttpLogger } from 'pino-http';

const HEADER = 'X-Request-Id';
/** Asked every few seconds by everybody. */
const PROBES = ['/health', '/ready'];

/** Gives each request its id, and its line: who asked for what and what came of it; never the query, in which people put what they should not. */
export const requestLog = (logger: Logger): HttpLogger =>
  pinoHttp({
    logger,
    genReqId: (request, response) => {
      const id = requestId(request.headers['x-request-id']);
      response.setHeader(HEADER, id);
      return id;
    },
    autoLogging: { ignore: ({ url = '' }) => PROBES.includes(url) },
    serializers: {
      req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({ id, method, path: url.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });

/** Id of the request that this answers. */
export function requestIdOf(response: Response): string {
  const id = response.getHeader(HEADER);
  return typeof id === 'string' ? id : '';
}
