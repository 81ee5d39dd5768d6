import { randomBytes } from 'node:crypto';
import type { SocketTicket, SocketTicketInput } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import type { ConsumedTicket } from '@berth/store';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import type { TenantScope } from '../edge/scope.js';

/** Long enough to open a socket with, too short to be worth stealing. */
const TICKET_S = 30;
const TICKET = /^[A-Za-z0-9_-]{43}$/;

/** One-use tickets with which browsers, whose sockets carry no header, open sockets. */
@Injectable()
export class SocketTicketsService {
  constructor(private readonly store: Store) {}

  async create({ tenantId, userId, familyId }: TenantScope, { sessionId }: SocketTicketInput): Promise<SocketTicket> {
    const ticket = randomBytes(32).toString('base64url');
    const outcome = await this.store.withTenant(tenantId, ({ socketTickets }) =>
      socketTickets.create({ ticket, userId, familyId, sessionId, lifetimeSeconds: TICKET_S }),
    );
    if (outcome === 'not_found') throw new AppError('not_found');
    return { ticket, expiresIn: TICKET_S };
  }

  /** Spends a ticket: of two sockets that show it, one gets the principal. Rejects with `unauthenticated`. */
  async consume(ticket: string): Promise<ConsumedTicket> {
    const consumed = TICKET.test(ticket)
      ? await this.store.withSystem('socket_ticket', ({ socketTickets }) => socketTickets.consume(ticket))
      : undefined;
    if (!consumed) throw new AppError('unauthenticated');
    return consumed;
  }
}
