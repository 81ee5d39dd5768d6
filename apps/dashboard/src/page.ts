import type { BerthApi } from '@berth/client';

/** What a page is given. */
export interface PageContext {
  /** Where the page puts itself; empty when it begins. */
  root: HTMLElement;
  api: BerthApi;
  /** Goes to another page of the dashboard. */
  go(path: string): void;
}

/** Shows itself; returns what takes it down again. */
export type Page = (context: PageContext) => () => void;
