import { Bus } from '@berth/bus';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';

/** A check that hangs counts as failed. */
const CHECK_MS = 2_000;

/** Why a gateway cannot serve now. What exactly is wrong stands in its log, not in the answer that anybody may read. */
export type Unready = 'starting' | 'draining' | 'postgres' | 'redis';

/** Whether this gateway can serve, and why not. */
@Injectable()
export class Health {
  private phase: 'starting' | 'serving' | 'draining' = 'starting';

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
  ) {}

  /** Everything that is checked once has been found right. */
  started(): void {
    if (this.phase === 'starting') this.phase = 'serving';
  }

  /** From now on the gateway is not ready: balancers send new requests elsewhere. */
  drain(): void {
    this.phase = 'draining';
  }

  /** None = ready. */
  async reasons(): Promise<Unready[]> {
    if (this.phase === 'draining') return ['draining'];
    const [postgres, redis] = await Promise.all([answers(() => this.store.ping()), answers(() => this.bus.ping())]);
    return [
      ...(this.phase === 'starting' ? (['starting'] as const) : []),
      ...(postgres ? [] : (['postgres'] as const)),
      ...(redis ? [] : (['redis'] as const)),
    ];
  }
}

async function answers(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, CHECK_MS, false);
  });
  try {
    return await Promise.race([check().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
