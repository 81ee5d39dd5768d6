import type { TenantId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';
import { MemberRepository } from './member.repository.js';
import { SessionRepository } from './session.repository.js';
import { SocketTicketRepository } from './socket-ticket.repository.js';

/** Everything a tenant's request may touch, bound to its transaction. */
export interface TenantRepositories {
  sessions: SessionRepository;
  members: MemberRepository;
  socketTickets: SocketTicketRepository;
}

export const tenantRepositories = (tenantId: TenantId, tx: Transaction): TenantRepositories => ({
  sessions: new SessionRepository(tenantId, tx),
  members: new MemberRepository(tx),
  socketTickets: new SocketTicketRepository(tenantId, tx),
});
