import type { ReactNode } from 'react';
import { Component } from 'react';
import { MessagePage } from '../ui/message-page.js';

/** Shown instead of an empty page when a component fails, or when a part of the page is gone because a newer Berth is served. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <MessagePage
        title="This page failed"
        text="It may be older than the server. Reload it; your sessions are not affected."
        action="Reload"
        onAction={() => location.reload()}
      />
    );
  }
}
