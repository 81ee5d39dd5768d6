import { canAdvance, type RunState, type RunUpdate } from '@berth/protocol';

/** Where a run stands. States only move forward, so what a state was entered with stays. */
export class RunLifecycle {
  #update: RunUpdate;

  constructor(
    epoch: number,
    private readonly onUpdate: (update: RunUpdate) => void,
  ) {
    this.#update = { epoch, state: 'starting' };
  }

  get update(): RunUpdate {
    return this.#update;
  }

  /** Moves on, or does nothing and returns false when that would not be forward. */
  advance(state: RunState, details: Pick<RunUpdate, 'closeReason' | 'exitCode'> = {}): boolean {
    if (!canAdvance(this.#update.state, state)) return false;
    this.#update = { ...this.#update, ...details, state };
    this.onUpdate(this.#update);
    return true;
  }
}
