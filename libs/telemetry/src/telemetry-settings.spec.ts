import { expect, it } from 'vitest';
import { requestId, telemetrySettings } from './index.js';

it.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
  [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, false],
])('with %j traces are sent: %j', (source, traces) => {
  expect(telemetrySettings(source)).toEqual({ traces });
});

it('metrics are served where they are asked for, by default for this machine alone', () => {
  expect(telemetrySettings({ METRICS_PORT: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
  expect(telemetrySettings({ METRICS_PORT: '9464', HOST: '0.0.0.0' }).metrics).toEqual({ host: '0.0.0.0', port: 9464 });
  expect(telemetrySettings({ METRICS_PORT: 'x' }).metrics).toBeUndefined();
});

it('a request keeps the id that a proxy gave it when that is a plain word', () => {
  expect(requestId('abc-1.2_3')).toBe('abc-1.2_3');
  for (const given of [undefined, '', 'a b', 'x'.repeat(65), '\u001b[31m', ['a', 'b']]) expect(requestId(given)).toMatch(/^[0-9a-f-]{36}$/);
});
