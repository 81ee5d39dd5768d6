/** Where a visitor wanted to go before he had to sign in; a path of ours with a plain query, so that nobody can send him elsewhere. */
const WANTED = 'berth.wanted-page';
const OURS = /^\/(sessions\/[A-Za-z0-9_-]+|members|settings)?(\?[\w=&%.+-]*)?$/;

export function rememberWanted(path: string, storage: Pick<Storage, 'setItem'> = sessionStorage): void {
  if (OURS.test(path)) storage.setItem(WANTED, path);
}

/** The remembered path, once; the start page otherwise. */
export function takeWanted(storage: Pick<Storage, 'getItem' | 'removeItem'> = sessionStorage): string {
  const path = storage.getItem(WANTED) ?? '/';
  storage.removeItem(WANTED);
  return OURS.test(path) ? path : '/';
}
