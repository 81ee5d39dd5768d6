import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@berth/testing';
import express from 'express';
import { expect, it } from 'vitest';
import { Origins } from '../edge/origins.js';
import { servePages } from './static-pages.js';

it('serves the dashboard from wherever it lies, hidden folders included', async () => {
  const temp = await tempDir();
  const folder = join(temp.path, '.hidden', 'dist');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.html'), 'the page');
  const app = express();
  servePages(app, new Origins(undefined), folder);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${String(port)}/`);
  expect([answer.status, await answer.text()]).toEqual([200, 'the page']);
  server.close();
  await temp.remove();
});
