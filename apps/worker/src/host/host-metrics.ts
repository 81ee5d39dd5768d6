import { counter, gauge } from '@berth/telemetry';
import type { HostMetrics } from './host-services.js';

/** Registers what a host tells of itself. */
export function hostMetrics({ sessions, slots }: { sessions(): number; slots: number }): HostMetrics {
  gauge('berth_sessions', 'Sessions that run on this worker', sessions);
  gauge('berth_slots', 'Sessions that this worker may run', () => slots);
  const fenced = counter('berth_fenced_total', 'Runs that were stopped because their lease had ended or belonged to somebody else');
  // Shown from the start: an alert on a metric that appears with its first count misses it.
  fenced(0);
  return { fenced };
}
