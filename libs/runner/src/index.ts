export { EchoRunner, type EchoRunnerOptions } from './echo/echo-runner.js';
export { PtyRunner, type PtyRunnerOptions } from './pty/pty-runner.js';
