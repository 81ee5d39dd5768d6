import { rmSync } from 'node:fs';
import { identify } from '../lib/process-table.mjs';
import { writeWhole } from '../lib/files.mjs';

/**
 * `run.json`: what runs now, `{gateways:[{pid,port}],workers:[{pid,guardianPid}],postgres:{pid,port},redis:{pid,port}}`, each with `started`, which
 * tells a process from a later one with the same pid. `null` for a service that is not ours.
 */
export class RunFile {
  #content;

  constructor(path) {
    this.path = path;
    this.#content = { start: identify(process.pid), stopping: false, gateways: [], workers: [], postgres: null, redis: null };
  }

  service(name, child, port) {
    this.#content[name] = { ...child.identity, port };
    this.#write();
  }

  app(kind, index, facts) {
    this.#content[kind === 'gateway' ? 'gateways' : 'workers'][index] = facts;
    this.#write();
  }

  stopping() {
    this.#content.stopping = true;
    this.#write();
  }

  remove() {
    rmSync(this.path, { force: true });
  }

  #write() {
    const { gateways, workers, ...rest } = this.#content;
    writeWhole(
      this.path,
      `${JSON.stringify({ ...rest, gateways: gateways.filter(Boolean), workers: workers.filter(Boolean) }, null, 2)}\n`,
    );
  }
}
