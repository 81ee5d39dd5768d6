export interface SerializedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: SerializedError;
}

/** Causes of causes that are worth telling. */
const MAX_CAUSES = 4;

/**
 * An error as it is logged: what it says, where it came from and what caused it. Nothing else that hangs on it: drivers attach the
 * statement, its parameters or the command, in which secrets are.
 */
export function serializeError(error: unknown, causes = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: typeof error === 'string' ? error : 'thrown, but no error' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || causes >= MAX_CAUSES ? {} : { cause: serializeError(error.cause, causes + 1) }),
  };
}
