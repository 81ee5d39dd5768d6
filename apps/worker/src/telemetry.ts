import { startTelemetry } from '@berth/telemetry';
import { readTelemetryEnv } from './env.js';

// Loaded with `node --import` before main.js, so that what main.js imports is instrumented.
startTelemetry({ service: 'berth-worker', ...readTelemetryEnv() });
