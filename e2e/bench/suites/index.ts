import type { Suite } from '../suite.js';
import { echo } from './echo.js';
import { fanout } from './fanout.js';
import { idle } from './idle.js';
import { noisy } from './noisy.js';
import { reconnect } from './reconnect.js';
import { replaySuite } from './replay.js';
import { stall } from './stall.js';
import { throughput } from './throughput.js';

/** Every suite by the name that `--suite` takes. */
export const SUITES: Record<string, Suite> = { echo, throughput, noisy, fanout, idle, stall, replay: replaySuite, reconnect };
