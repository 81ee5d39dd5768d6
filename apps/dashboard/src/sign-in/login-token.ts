/** The token of a sign-in link, for whoever takes it first. */
export interface LinkToken {
  take(): string | undefined;
}

/**
 * The one-time token in the address of a sign-in link, which no longer holds it afterwards: neither history nor a copied address keeps it.
 * Undefined when there is none.
 */
export function takeLoginToken(): string | undefined {
  if (location.pathname !== '/login' || location.hash === '') return undefined;
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
  history.replaceState(history.state, '', location.pathname);
  return token;
}
