import { metrics } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

const meter = () => metrics.getMeter('berth');

/** Registers a value that is read whenever metrics are collected. */
export function gauge(name: string, description: string, read: () => number): void {
  meter()
    .createObservableGauge(name, { description })
    .addCallback((result) => {
      result.observe(read());
    });
}

/** Registers values of one kind, told apart by their attributes, that are read whenever metrics are collected. */
export function gauges(name: string, description: string, read: () => Iterable<readonly [value: number, attributes: Attributes]>): void {
  meter()
    .createObservableGauge(name, { description })
    .addCallback((result) => {
      for (const [value, attributes] of read()) result.observe(value, attributes);
    });
}

/** A number that only grows. Returns the function that adds to it. */
export function counter(name: string, description: string): (by?: number, attributes?: Attributes) => void {
  const instrument = meter().createCounter(name, { description });
  return (by = 1, attributes = {}) => {
    instrument.add(by, attributes);
  };
}

/** A distribution of durations in seconds. Returns the function that records one. */
export function durations(name: string, description: string): (seconds: number, attributes?: Attributes) => void {
  const instrument = meter().createHistogram(name, { description, unit: 's' });
  return (seconds, attributes = {}) => {
    instrument.record(seconds, attributes);
  };
}
