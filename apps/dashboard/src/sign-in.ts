import { ApiError } from '@berth/client';
import type { BerthApi } from '@berth/client';

/** Where a visitor wanted to go before he had to sign in; a path of ours, so that nobody can send him elsewhere. */
const WANTED = 'berth.wanted-page';

/** Signs in by the refresh cookie; false: nobody is signed in. Rejects while the gateway cannot be reached. */
export async function resume(api: BerthApi): Promise<boolean> {
  if (api.accessToken !== undefined) return true;
  try {
    await api.refresh();
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unauthenticated') return false;
    throw error;
  }
}

export function rememberWanted(path: string): void {
  if (path !== '/login') sessionStorage.setItem(WANTED, path);
}

/** The remembered path, once; the start page otherwise. */
export function takeWanted(): string {
  const path = sessionStorage.getItem(WANTED) ?? '/';
  sessionStorage.removeItem(WANTED);
  return /^\/(sessions\/[A-Za-z0-9_-]+)?$/.test(path) ? path : '/';
}
