import type { ErrorCode, Issue, Problem } from '@berth/protocol';
import { ERRORS } from '@berth/protocol';

/** An error answer of the REST interface, or the lack of any answer (`status` 0, code `unavailable`). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: ErrorCode,
    readonly status: number,
    readonly problem?: Problem,
    options?: { cause?: unknown },
  ) {
    super(problem?.detail ?? ERRORS[code].title, options);
  }

  /** Whether the same call may succeed later. */
  get retry(): boolean {
    return ERRORS[this.code].retry;
  }

  /** Fields that were refused. */
  get issues(): readonly Issue[] {
    return this.problem?.issues ?? [];
  }
}
