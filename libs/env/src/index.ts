export { orExit } from './or-exit.js';
export { EnvError, type EnvSource, readEnv } from './read-env.js';
export { noTestFlagsInProduction, TEST_FLAGS, type TestFlag } from './test-flags.js';
export { variable } from './variable.js';
