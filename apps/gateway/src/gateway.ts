import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { gauge } from '@berth/telemetry';
import { SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AppModule, isSecure } from './app.module.js';
import { ByteSockets } from './bytes/byte-sockets.js';
import type { TrustProxy } from './bytes/client-address.js';
import { UpgradeRouter } from './bytes/upgrade-router.js';
import { ControlSockets } from './control/control-sockets.js';
import { jsonBody } from './edge/json-body.js';
import { Origins } from './edge/origins.js';
import { ProblemFilter } from './edge/problem.filter.js';
import { requestLog } from './edge/request-log.js';
import { securityHeaders } from './edge/security-headers.js';
import { TimedExpressAdapter } from './edge/timed-express-adapter.js';
import type { GatewayEnv } from './env.js';
import { listeningOrigin } from './gateway-address.js';
import { openApiDocument } from './system/openapi.js';
import { servePages } from './system/static-pages.js';

/** Requests are answered in seconds; whoever is still at it is cut off, and so are connections that never asked anything. */
const ANSWER_MS = 3_000;

/** A gateway that is built and not yet listening. */
export class Gateway {
  private draining = false;

  private constructor(
    readonly app: NestExpressApplication,
    private readonly env: GatewayEnv,
  ) {}

  static async create(env: GatewayEnv, logger: Logger): Promise<Gateway> {
    const app = await NestFactory.create<NestExpressApplication>(AppModule.of(env, logger), new TimedExpressAdapter(), {
      bodyParser: false,
      bufferLogs: true,
    });
    app.useLogger(app.get(NestLogger));
    const gateway = new Gateway(app, env);
    gateway.configure(logger);
    return gateway;
  }

  get server(): Server {
    return this.app.getHttpServer();
  }

  /** Listens where the environment says; returns the port. Rejects when the address cannot be had. */
  async listen(): Promise<number> {
    await this.app.init();
    const { host, port } = this.env.listen;
    this.server.listen(port, host);
    await once(this.server, 'listening');
    const { port: actual } = this.server.address() as AddressInfo;
    if (this.env.publicOrigin === undefined) this.app.get(Origins).set(listeningOrigin({ host, port: actual }));
    return actual;
  }

  /** Goes on answering, but every answer is the last on its connection; sockets are let go within `ms`, one after the other. */
  async drain(ms: number): Promise<void> {
    this.draining = true;
    await Promise.all([this.app.get(ByteSockets).drain(ms), this.app.get(ControlSockets).drain(ms)]);
  }

  /** Takes nothing in any more, waits for the answers that are under way, then lets go of everything. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.server.closeAllConnections(), ANSWER_MS);
    await this.app.close();
    clearTimeout(cut);
  }

  private configure(logger: Logger): void {
    const { app, env } = this;
    app.set('trust proxy', env.trustedProxies.length === 0 ? false : [...env.trustedProxies]);
    app.set('query parser', 'simple');
    app.disable('x-powered-by');
    app.use(requestLog(logger));
    app.use(securityHeaders(isSecure(env)));
    app.use((_request: Request, response: Response, next: NextFunction) => {
      if (this.draining) response.setHeader('Connection', 'close');
      next();
    });
    app.use(jsonBody());
    app.useGlobalFilters(new ProblemFilter(logger));
    const express = app.getHttpAdapter().getInstance();
    servePages(express, app.get(Origins));
    const document = openApiDocument({ secureCookie: isSecure(env) });
    SwaggerModule.setup('docs', app, document as Parameters<typeof SwaggerModule.setup>[2], {
      jsonDocumentUrl: 'openapi.json',
      raw: ['json'],
    });
    const origins = app.get(Origins);
    const router = new UpgradeRouter([app.get(ByteSockets).target, app.get(ControlSockets).target], (origin) => origins.accepts(origin));
    gauge('berth_sockets_pending', 'Sockets that have not proven who they are yet', () => router.pendingCount);
    router.listen(this.server, express.get('trust proxy fn') as TrustProxy);
  }
}
