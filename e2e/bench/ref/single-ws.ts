import { spawn } from '@lydell/node-pty';
import { WebSocketServer } from 'ws';
import { announcePort } from './announce-port.js';
import { asTyped } from './as-typed.js';

/** Reference: WebSocket and pseudo terminal in one process, as a first version would be written. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
announcePort(server);

server.on('connection', (websocket) => {
  websocket.once('message', (first) => {
    const [file = 'sh', ...args] = JSON.parse((first as Buffer).toString()) as string[];
    const pty = spawn(file, args, { name: 'xterm-256color', cols: 80, rows: 24, encoding: null });
    // Typed as text; without an encoding it is bytes.
    pty.onData((data: unknown) => websocket.send(data as Buffer));
    pty.onExit(() => websocket.close());
    websocket.on('message', (data) => pty.write(asTyped(data as Buffer)));
    websocket.on('close', () => pty.kill('SIGKILL'));
  });
});
