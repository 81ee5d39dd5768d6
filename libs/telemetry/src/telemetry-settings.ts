/** Variables of a process, as `process.env` has them. */
type EnvSource = Readonly<Record<string, string | undefined>>;

/**
 * What the environment asks of telemetry. Traces are sent when a collector is named (`OTEL_EXPORTER_OTLP_ENDPOINT`) or asked for (`OTEL_TRACES_EXPORTER=otlp`);
 * metrics are served when `METRICS_PORT` is set. A port that makes no sense is left to the app's own reading of its settings to report.
 */
export function telemetrySettings(source: EnvSource): { traces: boolean; metrics?: { host: string; port: number } } {
  const exporter = source['OTEL_TRACES_EXPORTER'] ?? '';
  const collector = [source['OTEL_EXPORTER_OTLP_ENDPOINT'], source['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']].some(
    (each) => each !== undefined && each !== '',
  );
  const port = Number(source['METRICS_PORT'] ?? '');
  return {
    traces: exporter === '' ? collector : exporter === 'otlp',
    ...(Number.isInteger(port) && port > 0 && port <= 65_535
      ? { metrics: { host: source['METRICS_HOST'] || source['HOST'] || '127.0.0.1', port } }
      : {}),
  };
}
