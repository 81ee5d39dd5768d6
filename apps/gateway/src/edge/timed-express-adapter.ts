import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

/** Whoever sends a request this slowly is not sending one. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than a balancer's own, so that it is never the gateway that closes a connection under a request. */
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks for connections that are over those limits; its own 30 s would be added to each. */
const CHECK_MS = 2_000;

/** Express on a server that lets go of slow senders; some of these limits can only be given when the server is made. */
export class TimedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(
      {
        connectionsCheckingInterval: CHECK_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      this.getInstance<RequestListener>(),
    );
  }
}
