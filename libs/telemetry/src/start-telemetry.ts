import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

export interface TelemetryOptions {
  /** Name in traces and metrics, such as `berth-gateway`. */
  service: string;
  /** Whether spans are sent over OTLP; where to is read from the standard `OTEL_EXPORTER_OTLP_*` variables. */
  traces: boolean;
  /** Where `/metrics` is served; absent = nowhere. */
  metrics?: { host: string; port: number };
}

/** Asked every few seconds by everybody; they say nothing about anybody's request. */
const PROBES = ['/health', '/ready'];

let stop: (() => Promise<void>) | undefined;

/** Starts traces and metrics of this process; must run before anything that is to be instrumented is imported. Returns its shutdown, which sends what is left. */
export function startTelemetry({ service, traces, metrics }: TelemetryOptions): () => Promise<void> {
  const sdk = new NodeSDK({
    serviceName: service,
    // Given as empty lists, or the SDK would send what nobody has asked for to a collector on this machine.
    ...(traces ? { traceExporter: new OTLPTraceExporter() } : { spanProcessors: [] }),
    metricReaders: metrics ? [metricsServer(metrics)] : [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url = '' }) => PROBES.includes(url),
        // Queries may hold what should never have been in one.
        requestHook: (span) => span.setAttribute('url.query', ''),
      }),
    ],
  });
  sdk.start();
  stop = () => sdk.shutdown().catch(() => undefined);
  return stop;
}

/** Sends what is left and ends telemetry, if it was ever started in this process. */
export async function stopTelemetry(): Promise<void> {
  await stop?.();
}

function metricsServer({ host, port }: { host: string; port: number }): PrometheusExporter {
  return new PrometheusExporter({ host, port }, (failure: unknown) => {
    if (failure === undefined) return;
    const reason =
      failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE' ? 'is in use by another program' : 'cannot be used';
    process.stderr.write(`berth: METRICS_PORT ${String(port)} on ${host} ${reason}\n`);
    process.exit(1);
  });
}
