import { ApiError, BerthApi } from '@berth/client';
import type { SignedIn, TenantId, UserId } from '@berth/protocol';

export type SignInPhase =
  | { phase: 'resuming' }
  /** Nobody can say who is signed in. */
  | { phase: 'unreachable' }
  /** `expired`: somebody was, and did not sign out here. */
  | { phase: 'signed-out'; expired: boolean }
  | { phase: 'signed-in'; userId: UserId; tenantId: TenantId };

/** Who is signed in to this page. The access token lives in memory alone; the refresh cookie brings it back after a reload. */
export class SignInState {
  readonly api: BerthApi;
  private current: SignInPhase = { phase: 'resuming' };
  private leaving = false;
  private readonly listeners = new Set<() => void>();

  constructor(baseUrl: string, fetch?: typeof globalThis.fetch) {
    this.api = new BerthApi({ baseUrl, onSignIn: (signedIn) => this.changed(signedIn), ...(fetch ? { fetch } : {}) });
  }

  /** The same object until something changes. */
  readonly phase = (): SignInPhase => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Finds out by the refresh cookie; never rejects. */
  async resume(): Promise<void> {
    if (this.current.phase === 'unreachable') this.become({ phase: 'resuming' });
    try {
      await this.api.refresh();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'unauthenticated') this.become({ phase: 'unreachable' });
    }
  }

  /** Rejects when the gateway could not be told: then one is still signed in. */
  async signOut(): Promise<void> {
    this.leaving = true;
    try {
      await this.api.call('logout');
    } finally {
      this.leaving = false;
    }
  }

  /** To another tenant of this account. */
  async switchTenant(tenantId: TenantId): Promise<void> {
    await this.api.call('refresh', { body: { tenantId } });
  }

  private changed(signedIn: SignedIn | undefined): void {
    const { current } = this;
    if (!signedIn) {
      this.become({ phase: 'signed-out', expired: current.phase === 'signed-in' && !this.leaving });
      return;
    }
    const { user, tenantId } = signedIn;
    // A renewed token is nothing new to the page.
    if (current.phase === 'signed-in' && current.userId === user.id && current.tenantId === tenantId) return;
    this.become({ phase: 'signed-in', userId: user.id, tenantId });
  }

  private become(phase: SignInPhase): void {
    this.current = phase;
    for (const listener of this.listeners) listener();
  }
}
