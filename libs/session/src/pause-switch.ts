/**
 * Why a program is not being read: its viewers, its log, its offsets or what is made of its log (checkpoints) cannot take more, or it has had its
 * share of its host's output.
 */
export const PAUSE_REASONS = ['viewers', 'log', 'offsets', 'checkpoints', 'share'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Reads the program while nothing speaks against it. */
export class PauseSwitch {
  readonly #reasons = new Set<PauseReason>();

  constructor(private readonly program: { pause(): void; resume(): void }) {}

  /** All that speaks against it now. */
  get reasons(): readonly PauseReason[] {
    return [...this.#reasons];
  }

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
