import type { PrepareSuite } from '../suite.js';
import { echo } from './echo.js';
import { fanout } from './fanout.js';
import { idle } from './idle.js';
import { noisy } from './noisy.js';
import { reconnect } from './reconnect.js';
import { replaySuite } from './replay.js';
import { stall } from './stall.js';
import { throughput } from './throughput.js';

/** Every suite by the name that `--suite` takes; `rounds`: as many as it takes for quartiles that mean something. */
export const SUITES: Record<string, { prepare: PrepareSuite; rounds: number }> = {
  echo: { prepare: echo, rounds: 9 },
  throughput: { prepare: throughput, rounds: 9 },
  noisy: { prepare: noisy, rounds: 7 },
  fanout: { prepare: fanout, rounds: 5 },
  idle: { prepare: idle, rounds: 3 },
  stall: { prepare: stall, rounds: 3 },
  replay: { prepare: replaySuite, rounds: 9 },
  reconnect: { prepare: reconnect, rounds: 1 },
};
