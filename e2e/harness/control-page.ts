import { ControlSocket } from '@berth/client';
import type { Notice, SessionUpdated, SessionView, Viewer } from '@berth/protocol';
import type { Api } from './api.js';
import { eventually } from './eventually.js';

/** What a page hears on the control socket, over the product's own client. */
export class ControlPage {
  readonly socket: ControlSocket;
  readonly updates: SessionUpdated[] = [];
  readonly notices: Notice[] = [];
  private readonly viewers = new Map<string, Viewer[]>();
  connections = 0;

  /** `address`: the gateway, or a proxy before it. Tickets are asked for with `api`. */
  constructor(
    private readonly api: Api,
    address: string,
  ) {
    this.socket = new ControlSocket({
      baseUrl: address,
      ticket: async () => (await api.expect<{ ticket: string }>('POST', '/v1/socket-tickets', {})).ticket,
    });
    this.socket.on('session.updated', (update) => this.updates.push(update));
    this.socket.on('notice', (notice) => this.notices.push(notice));
    this.socket.on('session.presence', ({ sessionId, viewers }) => this.viewers.set(sessionId, viewers));
    this.socket.onStatus((status) => {
      if (status === 'connected') this.connections += 1;
    });
  }

  async connected(times = 1): Promise<this> {
    const looks = () => this.socket.status === 'connected' && this.connections >= times;
    await eventually(looks, { within: 15_000, what: `the control socket has connected ${times} times` });
    return this;
  }

  /** Waits until the last that was said of a session fits. */
  async hears(sessionId: string, what: string, fits: (session: SessionView | null) => boolean): Promise<void> {
    const last = () => this.updates.findLast((update) => update.sessionId === sessionId);
    await eventually(
      () => {
        const update = last();
        return update !== undefined && fits(update.session);
      },
      { within: 15_000, what: `session.updated says ${what}` },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last heard: ${JSON.stringify(last())}`);
    });
  }

  async hearsNotice(what: string, fits: (notice: Notice) => boolean): Promise<void> {
    await eventually(() => this.notices.some(fits), { within: 10_000, what: `a notice ${what}; heard ${JSON.stringify(this.notices)}` });
  }

  /** Who is shown as attached to a watched session, as `name role`, sorted; undefined before anything was said. */
  shown(sessionId: string): string[] | undefined {
    return this.viewers.get(sessionId)?.map(labelOf).sort();
  }

  /** Waits until exactly these are shown, here and over REST. */
  async shows(sessionId: string, expected: readonly string[], ms = 10_000): Promise<void> {
    const wanted = JSON.stringify([...expected].sort());
    let listed: string[] = [];
    const looks = async () => {
      listed = (await this.api.get<{ items: Viewer[] }>(`/v1/sessions/${sessionId}/viewers`)).items.map(labelOf).sort();
      return JSON.stringify(this.shown(sessionId)) === wanted && JSON.stringify(listed) === wanted;
    };
    await eventually(looks, { within: ms, what: `presence shows ${wanted}` }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows ${JSON.stringify(this.shown(sessionId))}, REST lists ${JSON.stringify(listed)}`);
    });
  }

  close(): void {
    this.socket.close();
  }
}

const labelOf = ({ name, role }: Viewer): string => `${name} ${role}`;
