import { setTimeout as sleep } from 'node:timers/promises';
import { rawProgram, untilReady } from '../peers/peer.js';
import type { Peer, Terminal } from '../peers/peer.js';

/** A person types a few keys a second; the pause only has to be longer than the echo. */
const PAUSE_MS = 4;
/** Code paths are compiled and connections warm before anything counts. */
const WARM_UP = 50;

/** A session that gives back every key, ready to be typed into. */
export async function openEcho(peer: Peer): Promise<Terminal> {
  const terminal = await peer.open(rawProgram('exec cat'));
  await untilReady(terminal);
  await typeKeys(terminal, WARM_UP);
  return terminal;
}

/** Types one key after the other; microseconds from each to its echo. */
export async function typeKeys(terminal: Terminal, keys: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let key = 0; key < keys; key += 1) {
    const byte = 97 + (key % 26);
    const began = performance.now();
    let took = 0;
    const echoed = terminal.output.until('a key is echoed', (bytes) => {
      took = performance.now() - began;
      if (bytes.length !== 1 || bytes[0] !== byte) throw new Error(`typed ${byte}, got ${Buffer.from(bytes).toString('hex')}`);
      return true;
    });
    terminal.write(Uint8Array.of(byte));
    await echoed;
    latencies.push(took * 1_000);
    await sleep(PAUSE_MS);
  }
  return latencies;
}
