import { MAX_PENDING, MAX_PENDING_OF_ADDRESS } from './limits.js';

/** Connections that have not attached yet, counted in total and by address, so that half-open ones cannot pile up. */
export class PendingConnections {
  private readonly ofAddress = new Map<string, number>();
  private total = 0;

  /** Counts one more; returns the function that takes it off again, or which limit stands in the way. */
  enter(address: string): (() => void) | 'address' | 'total' {
    const mine = this.ofAddress.get(address) ?? 0;
    if (this.total >= MAX_PENDING) return 'total';
    if (mine >= MAX_PENDING_OF_ADDRESS) return 'address';
    this.total += 1;
    this.ofAddress.set(address, mine + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave(address);
    };
  }

  get count(): number {
    return this.total;
  }

  private leave(address: string): void {
    this.total -= 1;
    const mine = (this.ofAddress.get(address) ?? 1) - 1;
    if (mine === 0) this.ofAddress.delete(address);
    else this.ofAddress.set(address, mine);
  }
}
