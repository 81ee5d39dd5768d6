import type { SessionId, TenantId } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { FeedSources } from './session-feed.js';
import { SessionFeed } from './session-feed.js';
import type { ViewerLoad } from './viewer.js';

export interface SessionFeedsOptions {
  sources: FeedSources;
  clock: Clock;
  fenced: boolean;
  failed: (error: unknown) => void;
}

/** Holds a feed for as long as somebody needs it. */
export interface FeedHold {
  feed: SessionFeed;
  release: () => void;
}

/** The sessions that are watched through this gateway: one feed each, from the first viewer to the last. */
export class SessionFeeds {
  private readonly feeds = new Map<string, { feed: SessionFeed; holds: number }>();

  constructor(private readonly options: SessionFeedsOptions) {}

  /** Ids hold no slash, so two sessions cannot share a feed. */
  hold(tenantId: TenantId, sessionId: SessionId): FeedHold {
    const key = `${tenantId}/${sessionId}`;
    const entry = this.feeds.get(key) ?? { feed: new SessionFeed({ ...this.options, tenantId, sessionId }), holds: 0 };
    this.feeds.set(key, entry);
    entry.holds += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.holds -= 1;
      if (entry.holds > 0) return;
      this.feeds.delete(key);
      entry.feed.close();
    };
    return { feed: entry.feed, release };
  }

  get count(): number {
    return this.feeds.size;
  }

  /** What is held for each viewer of this gateway. */
  get loads(): ViewerLoad[] {
    return [...this.feeds.values()].flatMap(({ feed }) => feed.loads);
  }
}
