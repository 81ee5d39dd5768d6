import type { TenantId } from '@berth/protocol';
import { AppError } from '@berth/protocol';

export interface TurnLimits {
  /** Pieces of work that run at once. */
  atOnce: number;
  /** Of one tenant. */
  atOnceOfTenant: number;
  /** Of one tenant, with those that wait; more are `rate_limited`. */
  pendingOfTenant: number;
}

interface Waiting {
  tenantId: TenantId;
  start(): void;
}

/** Costly work that people ask for, a few pieces at a time, so that no tenant keeps the others waiting for long. */
export class TenantTurns {
  private readonly running: TenantId[] = [];
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limits: TurnLimits) {}

  /** Does the work when its turn has come. Rejects with `rate_limited` when the tenant asks for too much at once, with the signal's reason when that comes first. */
  async take<T>(tenantId: TenantId, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const pending = countOf(this.running, tenantId) + this.waiting.filter((each) => each.tenantId === tenantId).length;
    if (pending >= this.limits.pendingOfTenant)
      throw new AppError('rate_limited', { detail: 'Too much is being asked for at once. Wait for the answers.', retryAfter: 1 });
    await this.turn(tenantId, signal);
    try {
      return await work();
    } finally {
      this.running.splice(this.running.indexOf(tenantId), 1);
      this.startNext();
    }
  }

  private async turn(tenantId: TenantId, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
      };
      const entry: Waiting = {
        tenantId,
        start: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(entry);
      this.startNext();
    });
  }

  /** The first that waits and whose tenant has room; its place is taken at once. */
  private startNext(): void {
    const { atOnce, atOnceOfTenant } = this.limits;
    while (this.running.length < atOnce) {
      const index = this.waiting.findIndex(({ tenantId }) => countOf(this.running, tenantId) < atOnceOfTenant);
      const [next] = index < 0 ? [] : this.waiting.splice(index, 1);
      if (!next) return;
      this.running.push(next.tenantId);
      next.start();
    }
  }
}

const countOf = (tenants: readonly TenantId[], tenantId: TenantId): number => tenants.filter((each) => each === tenantId).length;
