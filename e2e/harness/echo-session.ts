import type { SessionView } from '@berth/protocol';
import type { Api } from './api.js';
import { programs } from './programs.js';
import { RawSocket } from './raw-socket.js';

/** A session whose terminal gives back exactly what is typed, once its terminal is set up. */
export interface EchoSession extends SessionView {
  /** Offset of the first byte that will come back. */
  from: number;
}

/** Starts one. Whoever types before the terminal is raw is echoed twice: by the kernel and by the program. */
export async function echoSession(api: Api, options: { cols?: number; rows?: number } = {}): Promise<EchoSession> {
  const session = await api.runningSession(programs.echo, options);
  const viewer = await RawSocket.attach(api.address(), session.id, { clientId: 'waiting-for-the-terminal' }, { token: api.token });
  await viewer.shows(programs.ready);
  await viewer.detach();
  return { ...session, from: programs.ready.length };
}
