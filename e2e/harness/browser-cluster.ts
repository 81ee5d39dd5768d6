import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import type { Api } from './api.js';
import type { AppProcess } from './app-process.js';
import { launchBrowser } from './browser.js';
import { BrowserPages } from './browser-pages.js';
import type { Cluster, ClusterOptions } from './cluster.js';
import { startCluster } from './cluster.js';
import { CutProxy } from './cut-proxy.js';
import { builtProgram } from './paths.js';

/** A cluster with one gateway behind an address that outlives it, and a browser that knows the address. Made by {@link startBrowserCluster}. */
export class BrowserCluster {
  private readonly proxies: CutProxy[] = [];

  constructor(
    readonly cluster: Cluster,
    readonly proxy: CutProxy,
    readonly pages: BrowserPages,
    readonly api: Api,
    private readonly browser: Browser,
  ) {}

  /** A one-time sign-in link, as the program on the server makes it. */
  async loginLink(): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [builtProgram('gateway', 'login-link.js')], { env: this.cluster.env });
    const link = new URL(stdout.trim());
    this.cluster.secrets.add('sign-in link', link.hash.slice('#token='.length));
    return `${this.pages.origin}${link.pathname}${link.hash}`;
  }

  /** Another gateway with an address of its own, and pages that know only that one. */
  async addGateway(): Promise<{ gateway: AppProcess; pages: BrowserPages }> {
    // The gateway has to know the address that stands before it, and the address the gateway's port.
    const behind: { gateway?: AppProcess } = {};
    const proxy = await CutProxy.listen(() => behind.gateway?.port ?? 0);
    this.proxies.push(proxy);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const gateway = await this.cluster.addGateway({ PUBLIC_URL: origin });
    behind.gateway = gateway;
    return { gateway, pages: new BrowserPages(this.browser, origin, this.cluster.password) };
  }

  async close(): Promise<void> {
    await this.browser.close();
    for (const proxy of [this.proxy, ...this.proxies]) await proxy.close();
    await this.cluster.close();
  }
}

/** Starts all of it; whoever started it closes it. */
export async function startBrowserCluster(options: ClusterOptions = {}): Promise<BrowserCluster> {
  const behind: { cluster?: Cluster } = {};
  const proxy = await CutProxy.listen(() => behind.cluster?.gateway().port ?? 0);
  const origin = `http://127.0.0.1:${proxy.port}`;
  const cluster = await startCluster({ gateways: 1, workers: 1, ...options, env: { PUBLIC_URL: origin, ...options.env } });
  behind.cluster = cluster;
  const browser = await launchBrowser();
  return new BrowserCluster(cluster, proxy, new BrowserPages(browser, origin, cluster.password), await cluster.signIn(), browser);
}
