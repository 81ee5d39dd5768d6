import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from './app-process.js';

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What an app of a cluster with metrics says of itself now: the value of each series, by its name with its labels. */
async function metricsOf(app: AppProcess): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${app.env['METRICS_PORT']}/metrics`);
  const series = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, name, labels = '', value] = /^([a-z_]+)({[^}]*})? (\S+)/.exec(line) ?? [];
    if (name === undefined) continue;
    // The exporter adds who exports; tests look at one process at a time.
    const own = labels.split(/[{},]/).filter((label) => label !== '' && !label.startsWith('otel_scope'));
    series.set(own.length === 0 ? name : `${name}{${own.join(',')}}`, Number(value));
  }
  return series;
}

/** Looks at the metrics of some apps again and again and keeps the largest value of each series. */
export class MetricsWatch {
  readonly most = new Map<string, number>();
  /** How often it has looked. */
  looks = 0;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly apps: readonly AppProcess[],
    private readonly everyMs = 100,
  ) {
    this.done = this.watch();
  }

  /** The largest value seen; throws when there is no such series. */
  largest(name: string): number {
    const value = this.most.get(name);
    if (value === undefined) throw new Error(`no series ${name}; there are ${[...this.most.keys()].join(' ')}`);
    return value;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      for (const app of this.apps) {
        for (const [name, value] of await metricsOf(app)) {
          this.most.set(name, Math.max(value, this.most.get(name) ?? -Infinity));
        }
      }
      this.looks += 1;
      await sleep(this.everyMs);
    }
  }
}
