import { counter, gauge } from '@berth/telemetry';

/** Registers what a worker tells of its checkpoints; `lag`: bytes in a log that no checkpoint covers, of the run that has most. */
export function checkpointMetrics(lag: () => number): { died(): void; waited(): void; gaveUp(): void } {
  gauge('berth_checkpoint_lag_bytes', 'Output that is in a log and in no checkpoint, of the run on this worker that has most', lag);
  const died = counter(
    'berth_checkpoint_restarts_total',
    'Times that the checkpoint process of this worker died and had to be started again',
  );
  const waited = counter('berth_checkpoint_waits_total', 'Times that a program had to wait for the checkpoint of its output');
  const gaveUp = counter(
    'berth_checkpoint_given_up_total',
    'Times that output was let go without a checkpoint, so that a late viewer has a gap',
  );
  // Shown from the start: an alert on a metric that appears with its first count misses it.
  for (const count of [died, waited, gaveUp]) count(0);
  return { died: () => died(), waited: () => waited(), gaveUp: () => gaveUp() };
}
