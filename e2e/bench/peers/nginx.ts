import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.js';
import { descendants, signal } from '../../harness/process-table.js';
import type { Peer } from './peer.js';
import { openPlainSocket } from './plain-socket.js';
import { ReferenceProcess } from './reference.js';

const START_MS = 10_000;

/** A proxy in front of a WebSocket server. */
export interface Nginx {
  port: number;
  pids(): number[];
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const configuration = (port: number, upstream: number, folder: string) => `
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/tmp; proxy_temp_path ${folder}/tmp; fastcgi_temp_path ${folder}/tmp; uwsgi_temp_path ${folder}/tmp; scgi_temp_path ${folder}/tmp;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;

/** Starts Debian's nginx in front of a port; rejects when there is none on this machine. */
export async function openBehindNginx(upstream: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-nginx-'));
  mkdirSync(join(folder, 'tmp'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(port, upstream, folder));
  const child = spawn('nginx', ['-c', file, '-p', folder, '-g', 'daemon off;'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await eventually(() => accepts(port), { within: START_MS, what: 'nginx listens' });
  return {
    port,
    pids: () => [pid, ...descendants(pid).map((each) => each.pid)],
    async close() {
      const gone = once(child, 'exit');
      signal(pid, 'SIGQUIT');
      signal(pid, 'SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The simplest server behind a proxy: two hops, as Berth has. */
export async function startSingleWsBehindNginx(): Promise<Peer> {
  const server = await ReferenceProcess.start('single-ws');
  const nginx = await openBehindNginx(server.port);
  return {
    name: 'single ws behind nginx',
    open: (argv) => openPlainSocket(nginx.port, argv),
    processes: () => ({ front: nginx.pids(), behind: [server.pid] }),
    async close() {
      await nginx.close();
      await server.close();
    },
  };
}
