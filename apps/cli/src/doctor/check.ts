/** How a check went: `warn` is worth knowing and stands in nobody's way. */
export interface Finding {
  name: string;
  result: 'ok' | 'warn' | 'failed';
  detail: string;
  /** What to do. */
  advice?: string;
}

export const ok = (name: string, detail: string): Finding => ({ name, result: 'ok', detail });
export const warn = (name: string, detail: string, advice: string): Finding => ({ name, result: 'warn', detail, advice });
export const failed = (name: string, detail: string, advice: string): Finding => ({ name, result: 'failed', detail, advice });
