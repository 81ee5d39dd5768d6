import type { ErrorCode } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';

/** Far more than any call of the catalogue needs. */
const LIMIT = '1mb';

/** What the reader says, by its own names. Everything else that it says means that the body could not be read. */
const CODES: Record<string, ErrorCode> = {
  'entity.too.large': 'payload_too_large',
  'encoding.unsupported': 'unsupported_media_type',
  'charset.unsupported': 'unsupported_media_type',
};

/** Reads JSON bodies; what cannot be read is one of our errors. */
export function jsonBody(): (request: Request, response: Response, next: NextFunction) => void {
  const read = express.json({ limit: LIMIT, strict: true });
  return (request, response, next) => {
    read(request, response, (error: unknown) => {
      if (error === undefined) next();
      else next(new AppError(codeOf(error), {}, { cause: error }));
    });
  };
}

function codeOf(error: unknown): ErrorCode {
  const type = typeof error === 'object' && error !== null && 'type' in error ? String(error.type) : '';
  return CODES[type] ?? 'malformed_request';
}
