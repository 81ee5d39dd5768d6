/** An expected failure: its message is one line that says what is wrong and what to do; printed without a stack. */
export class ToolError extends Error {
  /** @param {string} message @param {{ exitCode?: number, detail?: string }} [options] `detail` is printed below the line */
  constructor(message, { exitCode = 1, detail = '' } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.detail = detail;
  }
}

/** Thrown out of any wait when a stop was requested, so that every phase unwinds the same way. */
export class Stopped extends Error {
  constructor() {
    super('stopped');
  }
}
