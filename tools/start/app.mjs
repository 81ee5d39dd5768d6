import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcesses, startChild } from '../lib/children.mjs';
import { ROOT } from '../lib/paths.mjs';
import { descendants, identify, isAlive, processStart, signal } from '../lib/process-table.mjs';
import { say, warn } from '../lib/say.mjs';
import { Stopped, ToolError } from '../lib/tool-error.mjs';
import { AppOutput } from './app-output.mjs';
import { BackOff } from './back-off.mjs';

/**
 * The young generation would grow to 96 MiB a process before anything in it is thrown away; bytes in flight are not in it anyway. The old one is
 * collected when it has doubled: left to itself V8 waits for four times as much while little happens, and collects all the time while many bytes pass.
 * The best compiler takes a function after 200 calls instead of 3000: most of what a key passes through would never get there (docs/decisions/028).
 */
const NODE_FLAGS = JSON.parse(readFileSync(new URL('node-flags.json', import.meta.url), 'utf8'));
const READY_MS = 60_000;
/** A worker's guardian ends the sessions and records why before it goes itself. */
const GUARDIAN_MS = 5000;

/** One gateway or worker: started, kept running, stopped. */
export class App {
  #backOff = new BackOff();
  #child;
  #exchanging = false;

  /** @param {{ kind: 'gateway' | 'worker', index: number, env: object, logFile: string, run: import('./run-file.mjs').RunFile, stop: import('../lib/stop.mjs').Stop, verbose: boolean }} facts */
  constructor({ kind, index, env, logFile, run, stop, verbose }) {
    Object.assign(this, { kind, index, env, logFile, run, stop });
    this.name = `${kind} ${index}`;
    this.output = new AppOutput(this.name, logFile, { verbose });
  }

  /** Starts it and waits until it says that it is ready; rejects with ToolError when it ends or stays silent instead. */
  async start() {
    const folder = join(ROOT, 'apps', this.kind, 'dist');
    const telemetry = join(folder, 'telemetry.js');
    const preload = existsSync(telemetry) ? ['--import', telemetry] : [];
    const child = startChild(process.execPath, [...NODE_FLAGS, ...preload, join(folder, 'main.js')], {
      cwd: ROOT,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.since = Date.now();
    this.#record({});
    this.output.follow(child.process.stdout);
    this.output.follow(child.process.stderr);
    const ready = new Promise((resolve) => {
      child.process.on('message', (message) => {
        if (message?.type !== 'ready') return;
        this.#record(message);
        resolve('ready');
      });
    });
    const late = new Promise((resolve) => setTimeout(resolve, READY_MS, 'late').unref());
    const outcome = await this.stop.race(Promise.race([ready, late, child.exited]));
    if (outcome === 'ready') return;
    if (outcome === 'late') throw new ToolError(`${this.name} was not ready within ${READY_MS / 1000} s`);
    throw new ToolError(
      `${this.name} ended instead of becoming ready (${outcome.signal ?? `exit code ${outcome.code}`}): see ${this.logFile}`,
    );
  }

  #record({ port, guardianPid, linkPort }) {
    const guardian = guardianPid ? { guardianPid, guardianStarted: processStart(guardianPid) } : {};
    this.run.app(this.kind, this.index, {
      ...this.#child.identity,
      ...(port ? { port } : {}),
      ...(linkPort ? { linkPort } : {}),
      ...guardian,
    });
  }

  /** Starts it again whenever it ends, after a growing wait; resolves when a stop is requested. */
  async keepRunning() {
    try {
      for (;;) {
        const { code, signal: name } = await this.stop.race(this.#child.exited);
        const wait = this.#exchanging ? 0 : this.#backOff.next(Date.now() - this.since);
        if (!this.#exchanging)
          warn(this.name, `ended (${name ?? `exit code ${code}`}): starting it again in ${(wait / 1000).toFixed(1)} s`);
        this.#exchanging = false;
        await this.stop.sleep(wait);
        await this.start().then(
          () => say(this.name, 'running again'),
          async (error) => {
            if (error instanceof Stopped) throw error;
            warn(this.name, error.message);
            await this.#end(0);
          },
        );
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** Ends it in order so that `keepRunning` starts the new build. */
  async exchange() {
    this.#exchanging = true;
    await this.#end(10_000);
  }

  /** Asks it to drain, kills it after `graceMs`; returns when it and all that it started are gone. */
  async end(graceMs) {
    if (this.#child) await this.#end(graceMs);
    this.output.close();
  }

  async #end(graceMs) {
    const child = this.#child;
    const tree = descendants(child.pid).map(identify);
    await endProcesses([child.identity], { graceMs, hurry: this.stop.hurry });
    for (const end = Date.now() + GUARDIAN_MS; tree.some(isAlive) && Date.now() < end && !this.stop.hurry.aborted;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (tree.some(isAlive)) signal(-child.pid, 'SIGKILL');
    await endProcesses(tree, { name: 'SIGKILL', graceMs: 5000 });
  }
}
