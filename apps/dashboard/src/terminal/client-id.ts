const KEY = 'berth.client-id';

/** Names this tab to the session's host. It survives a reload, so that a reloaded page goes on where it was; a duplicated tab has the same and takes over. */
export function clientId(): string {
  const known = sessionStorage.getItem(KEY);
  if (known !== null && /^[0-9a-f]{32}$/.test(known)) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  sessionStorage.setItem(KEY, made);
  return made;
}
