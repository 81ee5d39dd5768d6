/** Why a program is not being read: its viewers, its log or its offsets cannot take more. */
export type PauseReason = 'viewers' | 'log' | 'offsets';

/** Reads the program while nothing speaks against it. */
export class PauseSwitch {
  readonly #reasons = new Set<PauseReason>();

  constructor(private readonly program: { pause(): void; resume(): void }) {}

  set(reason: PauseReason, paused: boolean): void {
    const before = this.#reasons.size > 0;
    if (paused) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    const after = this.#reasons.size > 0;
    if (before === after) return;
    if (after) this.program.pause();
    else this.program.resume();
  }
}
