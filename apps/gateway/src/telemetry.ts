// Loaded by `node --import`, before anything that is to be instrumented.
import { startTelemetry } from '@berth/telemetry';
import { readTelemetryEnv } from './env.js';

startTelemetry({ service: 'berth-gateway', ...readTelemetryEnv() });
