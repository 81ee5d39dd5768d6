import type { Peer, StartPeer } from './peer.js';

/** Starts peers one after the other; when one fails, those before it are closed. */
export async function startPeers(starts: readonly StartPeer[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  try {
    for (const start of starts) peers.push(await start());
    return peers;
  } catch (error) {
    await closePeers(peers);
    throw error;
  }
}

export async function closePeers(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.close();
}
