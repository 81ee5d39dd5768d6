import { gauge } from '@berth/telemetry';
import type { HostLinks } from './host-links.js';
import type { SessionFeeds } from './session-feeds.js';

/** Registers what the byte plane of this gateway holds for others, each with a watermark that the README names. */
export function byteMetrics(feeds: SessionFeeds, links: HostLinks): void {
  const outputs = (): number[] => feeds.loads.map(({ outputBytes }) => outputBytes);
  const inputs = (): number[] => feeds.loads.map(({ inputBytes }) => inputBytes);
  gauge('berth_byte_buffered_bytes', 'Output that waits for the networks of clients', () => sum(outputs()));
  gauge('berth_byte_buffered_bytes_largest', 'The same for the client for whom most waits', () => largest(outputs()));
  gauge('berth_byte_input_bytes', 'Input that hosts have not acknowledged', () => sum(inputs()));
  gauge('berth_byte_input_bytes_largest', 'The same for the client of whom most waits', () => largest(inputs()));
  gauge('berth_host_links', 'Connections to hosts', () => links.count);
  gauge('berth_host_link_buffered_bytes', 'Bytes that wait for the networks to hosts', () => links.buffered);
}

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
