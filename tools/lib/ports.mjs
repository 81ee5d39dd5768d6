import { createServer } from 'node:net';

/** Whether a server could listen there now: undefined when it could, else the reason's code (`EADDRINUSE`, `EACCES` …). */
export function whyNotListen(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The first of `count` neighbouring ports that were free a moment ago. */
export async function freePorts(host, count = 1) {
  for (;;) {
    const server = createServer();
    const first = await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: 0 }, () => resolve(server.address().port));
    });
    await new Promise((resolve) => server.close(resolve));
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, i) => whyNotListen(host, first + 1 + i)));
    if (first + count <= 65_536 && others.every((reason) => reason === undefined)) return first;
  }
}
