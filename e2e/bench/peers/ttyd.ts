import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import WebSocket from 'ws';
import { eventually } from '../../harness/eventually.js';
import { descendants, signal } from '../../harness/process-table.js';
import { openBehindNginx } from './nginx.js';
import type { Nginx } from './nginx.js';
import type { Peer, Terminal } from './peer.js';
import { openSocketTerminal } from './plain-socket.js';

/** ttyd's messages begin with one character: input and output are `0`. */
const DATA = 0x30;
const START_MS = 10_000;

interface Server {
  child: ChildProcess;
  port: number;
  nginx: Nginx | undefined;
}

/** ttyd serves one command: each command has a server of its own. */
async function startServer(program: string, argv: readonly string[], behindNginx: boolean): Promise<Server> {
  const child = spawn(program, ['-p', '0', '-i', '127.0.0.1', '-W', ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const listening = () => /Listening on port: (\d+)\n/.exec(log)?.[1];
  const port = Number(await eventually(listening, { within: START_MS, what: 'ttyd listens' }));

  return { child, port, nginx: behindNginx ? await openBehindNginx(port) : undefined };
}

function openTerminal(port: number): Promise<Terminal> {
  return openSocketTerminal(new WebSocket(`ws://127.0.0.1:${port}/ws`, 'tty', { perMessageDeflate: false }), {
    first: JSON.stringify({ AuthToken: '', columns: 80, rows: 24 }),
    encode: (bytes) => Buffer.concat([Buffer.of(DATA), bytes]),
    decode: (message) => (message[0] === DATA ? message.subarray(1) : undefined),
  });
}

/** ttyd, a terminal server in C, alone or behind a proxy as a gateway would be. */
export function startTtyd(program: string, { behindNginx = false } = {}): Promise<Peer> {
  const servers = new Map<string, Promise<Server>>();
  const opened: Server[] = [];
  return Promise.resolve({
    name: behindNginx ? 'ttyd behind nginx' : 'ttyd',
    async open(argv) {
      const key = argv.join('\0');
      const known = servers.get(key) ?? startServer(program, argv, behindNginx);
      servers.set(key, known);
      const server = await known;
      if (!opened.includes(server)) opened.push(server);
      return openTerminal(server.nginx?.port ?? server.port);
    },
    processes: () => ({ front: opened.flatMap(({ nginx }) => nginx?.pids() ?? []), behind: opened.map(({ child }) => child.pid ?? 0) }),
    async close() {
      for (const { child, nginx } of opened) {
        const pid = child.pid ?? 0;
        for (const each of descendants(pid)) signal(each.pid, 'SIGKILL');
        signal(pid, 'SIGKILL');
        await nginx?.close();
      }
    },
  });
}
