import { PAUSE_REASONS } from '@berth/session';
import type { SessionLoad } from '@berth/session';
import { counter, gauge, gauges } from '@berth/telemetry';
import type { HostMetrics } from './host-services.js';

export interface MeasuredHost {
  /** What each session that runs here holds. */
  loads(): SessionLoad[];
  /** Bytes that wait for the network of each gateway. */
  linkBuffers(): number[];
  slots: number;
  /** Bytes a second that all sessions may put out together. */
  outputRate: number;
}

/** Registers what a host tells of itself; what it holds for others has watermarks, which the README names. */
export function hostMetrics({ loads, linkBuffers, slots, outputRate }: MeasuredHost): HostMetrics {
  const each = (field: 'outputBytes' | 'inputBytes' | 'unloggedBytes') => (): number[] => loads().map((load) => load[field]);
  gauge('berth_sessions', 'Sessions that run on this worker', () => loads().length);
  gauge('berth_slots', 'Sessions that this worker may run', () => slots);
  gauge('berth_output_rate_bytes', 'Bytes a second that all sessions of this worker may put out together', () => outputRate);
  sumAndLargest('berth_output_buffer_bytes', 'Memory of output rings', each('outputBytes'));
  sumAndLargest('berth_input_queue_bytes', 'Input that programs have not read', each('inputBytes'));
  sumAndLargest('berth_log_lag_bytes', 'Output that is not in the log yet', each('unloggedBytes'));
  sumAndLargest('berth_link_buffered_bytes', 'Bytes that wait for the networks to gateways', linkBuffers);
  gauges('berth_paused_sessions', 'Programs that are not being read, by what they wait for', () => {
    const now = loads();
    return PAUSE_REASONS.map((reason) => [now.filter(({ pauses }) => pauses.includes(reason)).length, { reason }] as const);
  });
  const fenced = counter('berth_fenced_total', 'Runs that were stopped because their lease had ended or belonged to somebody else');
  // Shown from the start: an alert on a metric that appears with its first count misses it.
  fenced(0);
  return { fenced };
}

function sumAndLargest(name: string, description: string, read: () => number[]): void {
  gauge(name, description, () => read().reduce((total, value) => total + value, 0));
  gauge(`${name}_largest`, `${description}: the largest`, () => read().reduce((most, value) => Math.max(most, value), 0));
}
