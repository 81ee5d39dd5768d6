import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import compression from 'compression';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Origins } from '../edge/origins.js';

const FOLDER = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url));
/** Addresses that people bookmark; the page reads the rest of the address itself. */
const PAGES = ['/', '/login', '/sessions/:sessionId', '/members', '/settings'];

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Where this machine was reached under another of its names: cookies and origins know only one. */
function properAddress({ host = '' }: Request['headers'], publicOrigin: string | undefined): URL | undefined {
  if (publicOrigin === undefined || !URL.canParse(`http://${host}`)) return undefined;
  const [asked, wanted] = [new URL(`http://${host}`), new URL(publicOrigin)];
  const other = asked.hostname !== wanted.hostname && LOOPBACK.includes(asked.hostname) && LOOPBACK.includes(wanted.hostname);
  return other ? wanted : undefined;
}

/** Everything that is somebody else's: calls, documents of the interface, sockets, files. */
const NO_PAGES = /^\/(?!(v1|docs|openapi\.json|health|ready|assets|socket\.io)(\/|$))/;

/** Serves the dashboard: hashed assets for ever and compressed, its page never from a cache. An address that it does not know gets the page as well, with 404. */
export function servePages(app: Express, origins: Origins, folder = FOLDER): void {
  app.use(
    '/assets',
    compression(),
    express.static(join(folder, 'assets'), { immutable: true, maxAge: '1y', index: false, fallthrough: true }),
  );
  app.get(PAGES, (request: Request, response: Response, next: NextFunction) => {
    const proper = properAddress(request.headers, origins.public);
    // The fragment, in which a sign-in link has its secret, is kept by the browser.
    if (proper) response.redirect(302, new URL(request.path, proper).href);
    else sendPage(response, folder, next);
  });
  app.get(NO_PAGES, (request: Request, response: Response, next: NextFunction) => {
    // Programs get a problem that they can read.
    if (request.accepts(['json', 'html']) !== 'html') {
      next();
      return;
    }
    response.status(404);
    sendPage(response, folder, next);
  });
}

function sendPage(response: Response, folder: string, next: NextFunction): void {
  if (!existsSync(join(folder, 'index.html'))) {
    next();
    return;
  }
  response.setHeader('Cache-Control', 'no-store');
  // Below a root: of a whole path, no folder may begin with a dot, and checkouts lie in such folders, too.
  response.sendFile('index.html', { root: folder });
}
