import type { BerthApi, ControlSocket } from '@berth/client';
import type { Me } from '@berth/protocol';
import { createContext, use } from 'react';

/** What every page behind the sign-in has. */
export interface Berth {
  api: BerthApi;
  me: Me;
  control: ControlSocket;
  /** Rejects when the gateway cannot be told. */
  signOut(): Promise<void>;
  switchTenant(tenantId: Me['tenantId']): Promise<void>;
}

export const BerthContext = createContext<Berth | undefined>(undefined);

/** Who is signed in, and the ways to the gateway. */
export function useBerth(): Berth {
  const berth = use(BerthContext);
  if (!berth) throw new Error('useBerth() outside of BerthProvider');
  return berth;
}
