import { connect, createServer } from 'node:net';
import { idFromUuid, LINK_FRAME, LINK_PROTOCOL } from '@berth/protocol';
import { makeTls } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonFrame } from './frame-codec.js';
import { LinkError } from './index.js';
import { hostId, LinkLab } from './testing/link-lab.js';

const lab = new LinkLab();
afterEach(() => lab.close());

const OTHER_SECRET = 'y'.repeat(32);

/** Sends these bytes to a host and waits until it hangs up; what it said. */
async function talk(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const said: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => said.push(chunk));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(said);
}

describe('an introduction', () => {
  it('refuses a gateway that does not hold the secret', async () => {
    const server = await lab.listen([]);
    await expect(lab.dial(server.port, { secret: OTHER_SECRET })).rejects.toMatchObject({ failure: 'unauthenticated' });
  });

  it('refuses a gateway that looks for another host or another incarnation', async () => {
    const server = await lab.listen([]);
    await expect(lab.dial(server.port, { incarnation: 2 })).rejects.toMatchObject({ failure: 'wrong_host' });
    await expect(lab.dial(server.port, { hostId: idFromUuid('host', '1'.repeat(32)) })).rejects.toMatchObject({ failure: 'wrong_host' });
  });

  it('tells somebody without the secret nothing about the host', async () => {
    const server = await lab.listen([]);
    const other = { secret: OTHER_SECRET, hostId: idFromUuid('host', '1'.repeat(32)) };
    await expect(lab.dial(server.port, other)).rejects.toMatchObject({ failure: 'unauthenticated' });
  });

  it('unmasks a host that does not hold the secret', async () => {
    // It lets everybody in: it answers WELCOME to whatever comes, as an impostor would.
    const impostor = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(jsonFrame(LINK_FRAME.challenge, 0, { protocol: LINK_PROTOCOL, nonce: '0'.repeat(64) }));
      socket.once('data', () => {
        socket.write(jsonFrame(LINK_FRAME.welcome, 0, { protocol: LINK_PROTOCOL, hostId, incarnation: 1, mac: '0'.repeat(64) }));
      });
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const { port } = impostor.address() as { port: number };
    await expect(lab.dial(port)).rejects.toMatchObject({ failure: 'unauthenticated' });
    await new Promise((resolve) => impostor.close(resolve));
  });

  it('does not take a gateway’s own proof for the host’s', async () => {
    const echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(jsonFrame(LINK_FRAME.challenge, 0, { protocol: LINK_PROTOCOL, nonce: '0'.repeat(64) }));
      socket.once('data', (hello: Buffer) => {
        const { mac } = JSON.parse(hello.subarray(9).toString()) as { mac: string };
        socket.write(jsonFrame(LINK_FRAME.welcome, 0, { protocol: LINK_PROTOCOL, hostId, incarnation: 1, mac }));
      });
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    await expect(lab.dial((echo.address() as { port: number }).port)).rejects.toMatchObject({ failure: 'unauthenticated' });
    await new Promise((resolve) => echo.close(resolve));
  });

  it('names another version of the protocol', async () => {
    const server = await lab.listen([]);
    const hello = { protocol: LINK_PROTOCOL + 1, gatewayId: 'g', hostId, incarnation: 1, nonce: '0'.repeat(64), mac: '0'.repeat(64) };
    expect((await talk(server.port, jsonFrame(LINK_FRAME.hello, 0, hello))).toString('latin1')).toContain('"reason":"protocol"');
  });

  it.each([
    ['noise', Buffer.alloc(64, 0xff)],
    ['another frame first', jsonFrame(LINK_FRAME.close, 1, {})],
    ['a HELLO without a proof', jsonFrame(LINK_FRAME.hello, 0, { protocol: LINK_PROTOCOL })],
    ['a body that is not JSON', Buffer.concat([jsonFrame(LINK_FRAME.hello, 0, 'xx').subarray(0, 9), Buffer.from('{{{{')])],
    ['a frame that is too large for a stranger', jsonFrame(LINK_FRAME.hello, 0, 'x'.repeat(5_000))],
  ])('ends with %s, and the host goes on', async (_what, bytes) => {
    const server = await lab.listen([]);
    await talk(server.port, bytes);
    expect((await lab.dial(server.port)).open).toBe(true);
  });
});

describe('a host', () => {
  const options = { hostId, incarnation: 1, find: () => undefined };

  it.each(['', 'x'.repeat(31)])('does not listen with the secret %j', async (secret) => {
    await expect(lab.listen([], { ...options, secret })).rejects.toThrow(/32 bytes/);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1'])('does not listen on %s without TLS', async (host) => {
    await expect(lab.listen([], { ...options, listen: { host, port: 0 } })).rejects.toThrow(/LINK_CERT/);
  });

  it('says that its port is taken', async () => {
    const server = await lab.listen([]);
    await expect(lab.listen([], { listen: { host: '127.0.0.1', port: server.port } })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('a gateway', () => {
  it('calls a host that is not there unreachable', async () => {
    const server = await lab.listen([]);
    const { port } = server;
    await server.close();
    await expect(lab.dial(port)).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it('calls a host that does not answer unreachable', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    await expect(lab.dial((mute.address() as { port: number }).port)).rejects.toMatchObject({ failure: 'unreachable' });
    await new Promise((resolve) => mute.close(resolve));
  });

  it('does not say a word to another machine without TLS', async () => {
    await expect(lab.dial(1, { address: { host: '192.0.2.1', port: 1 } })).rejects.toMatchObject({ failure: 'unauthenticated' });
  });
});

describe('mutual TLS', () => {
  it('connects two that have certificates of one authority', async () => {
    const tls = makeTls();
    const server = await lab.listen([], { tls });
    expect((await lab.dial(server.port, { tls })).open).toBe(true);
  });

  it('shuts out a gateway of another authority, and one without a certificate', async () => {
    const [tls, other] = [makeTls(), makeTls()];
    const server = await lab.listen([], { tls });
    await expect(lab.dial(server.port, { tls: { ...other, ca: tls.ca } })).rejects.toBeInstanceOf(LinkError);
    await expect(lab.dial(server.port)).rejects.toBeInstanceOf(LinkError);
  });

  it('does not trust a host of another authority', async () => {
    const server = await lab.listen([], { tls: makeTls() });
    await expect(lab.dial(server.port, { tls: makeTls() })).rejects.toBeInstanceOf(LinkError);
  });

  it('does not replace the secret', async () => {
    const tls = makeTls();
    const server = await lab.listen([], { tls });
    await expect(lab.dial(server.port, { tls, secret: OTHER_SECRET })).rejects.toMatchObject({ failure: 'unauthenticated' });
  });
});
