import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { join } from 'node:path';

/** Room for a path in `sockaddr_un`: 104 bytes on macOS, 108 on Linux, the final NUL included. */
const MAX_SOCKET_PATH_BYTES = 103;

export type Endpoint = { transport: 'unix'; path: string } | { transport: 'tcp'; port: number };

/** Listens on `<runDir>/api.sock`, for its owner alone; on loopback TCP when asked to, or when the folder cannot hold a socket. */
export async function listenFor(server: Server, runDir: string, transport: 'unix' | 'tcp'): Promise<Endpoint> {
  const path = join(runDir, 'api.sock');
  if (transport === 'unix' && Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES && (await listenOnSocket(server, path))) {
    return { transport: 'unix', path };
  }
  await listen(server, { host: '127.0.0.1', port: 0 });
  return { transport: 'tcp', port: (server.address() as AddressInfo).port };
}

async function listenOnSocket(server: Server, path: string): Promise<boolean> {
  // Left by a process that was killed: the run directory has one broker.
  await rm(path, { force: true });
  try {
    await listen(server, { path });
  } catch {
    return false;
  }
  await chmod(path, 0o600);
  return true;
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
