export { logOptions } from './log-options.js';
export { counter, durations, gauge, gauges } from './metrics.js';
export { requestId } from './request-id.js';
export { serializeError, type SerializedError } from './serialize-error.js';
export { startTelemetry, stopTelemetry, type TelemetryOptions } from './start-telemetry.js';
export { telemetrySettings } from './telemetry-settings.js';
export { currentTraceId, currentTraceparent, inSpan, nameRequestSpan } from './trace-context.js';
