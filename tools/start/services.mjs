import { warn } from '../lib/say.mjs';
import { Stopped } from '../lib/tool-error.mjs';
import { endProcesses } from '../lib/children.mjs';
import { startPostgres } from '../services/postgres.mjs';
import { requirePostgres } from '../services/postgres-client.mjs';
import { rotateLog } from '../services/log-tail.mjs';
import { requireRedis } from '../services/redis-client.mjs';
import { startRedis } from '../services/redis.mjs';
import { BackOff } from './back-off.mjs';

/** Postgres and Redis of this start: the given ones, or our own in the data folder, kept running on their ports. */
export class Services {
  #running = new Map();

  constructor({ data, options, run, stop }) {
    Object.assign(this, { data, options, run, stop });
  }

  /** Ends the start early, in one line, when a given service cannot be used. */
  async requireGiven() {
    if (this.options.databaseUrl) await this.stop.race(requirePostgres(this.options.databaseUrl));
    if (this.options.redisUrl) await this.stop.race(requireRedis(this.options.redisUrl));
  }

  /** @returns {Promise<{ databaseUrl: string, redisUrl: string }>} */
  async start() {
    const databaseUrl = this.options.databaseUrl ?? (await this.#startOwn('postgres', startPostgres));
    const redisUrl = this.options.redisUrl ?? (await this.#startOwn('redis', startRedis));
    return { databaseUrl, redisUrl };
  }

  async #startOwn(name, startService) {
    const logFile = this.data.log(name);
    rotateLog(logFile);
    const onChild = (child, port) => {
      this.#running.set(name, { child, since: Date.now() });
      this.run.service(name, child, port);
    };
    const password = this.data.secret(name);
    const service = await startService({ folder: this.data[name], logFile, password, mark: this.data.mark, stop: this.stop, onChild });
    void this.#keepRunning(name, service);
    return service.url;
  }

  async #keepRunning(name, service) {
    const backOff = new BackOff();
    try {
      for (;;) {
        const { child, since } = this.#running.get(name);
        await this.stop.race(child.exited);
        const wait = backOff.next(Date.now() - since);
        warn(name, `ended: starting it again in ${(wait / 1000).toFixed(1)} s`);
        await this.stop.sleep(wait);
        await service.start().catch((error) => {
          if (error instanceof Stopped) throw error;
          warn(name, error.message);
        });
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** Ends ours: Redis first, then Postgres by its fast shutdown (SIGINT), each within its time. */
  async end() {
    for (const name of ['redis', 'postgres']) {
      const child = this.#running.get(name)?.child;
      if (child?.pid !== undefined) await endProcesses([child.identity], { name: 'SIGINT', graceMs: 20_000, hurry: this.stop.hurry });
    }
  }
}
