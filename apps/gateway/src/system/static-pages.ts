import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Origins } from '../edge/origins.js';

const FOLDER = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url));
/** Addresses that people bookmark; the page reads the rest of the address itself. */
const PAGES = ['/', '/login', '/sessions/:sessionId'];

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Where this machine was reached under another of its names: cookies and origins know only one. */
function properAddress({ host = '' }: Request['headers'], publicOrigin: string | undefined): URL | undefined {
  if (publicOrigin === undefined || !URL.canParse(`http://${host}`)) return undefined;
  const [asked, wanted] = [new URL(`http://${host}`), new URL(publicOrigin)];
  const other = asked.hostname !== wanted.hostname && LOOPBACK.includes(asked.hostname) && LOOPBACK.includes(wanted.hostname);
  return other ? wanted : undefined;
}

/** Serves the dashboard: hashed assets for ever, its page never from a cache. */
export function servePages(app: Express, origins: Origins): void {
  app.use('/assets', express.static(join(FOLDER, 'assets'), { immutable: true, maxAge: '1y', index: false, fallthrough: true }));
  app.get(PAGES, (request: Request, response: Response, next: NextFunction) => {
    const proper = properAddress(request.headers, origins.public);
    if (proper) {
      // The fragment, in which a sign-in link has its secret, is kept by the browser.
      response.redirect(302, new URL(request.path, proper).href);
      return;
    }
    const page = join(FOLDER, 'index.html');
    if (!existsSync(page)) {
      next();
      return;
    }
    response.setHeader('Cache-Control', 'no-store');
    response.sendFile(page);
  });
}
