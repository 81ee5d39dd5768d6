import type { ModelProvider, TenantId } from '@berth/protocol';
import type { SecretBox } from '../secret-box.js';
import type { Transaction } from '../transactor.js';
import { MemberRepository } from './member.repository.js';
import { ModelSettingsRepository } from './model-settings.repository.js';
import { SessionRepository } from './session.repository.js';
import { SocketTicketRepository } from './socket-ticket.repository.js';
import { UsageRepository } from './usage.repository.js';

/** Who answers the sessions of a tenant that has not chosen. */
export type DefaultModelProvider = Extract<ModelProvider, 'scripted' | 'none'>;

/** What the repositories of a tenant have to know beside its rows. */
export interface TenantFacts {
  tenantId: TenantId;
  box: SecretBox;
  defaultModelProvider: DefaultModelProvider;
}

/** Everything a tenant's request may touch, bound to its transaction. */
export interface TenantRepositories {
  sessions: SessionRepository;
  members: MemberRepository;
  socketTickets: SocketTicketRepository;
  modelSettings: ModelSettingsRepository;
  usage: UsageRepository;
}

export const tenantRepositories = (facts: TenantFacts, tx: Transaction): TenantRepositories => ({
  sessions: new SessionRepository(facts, tx),
  members: new MemberRepository(tx),
  socketTickets: new SocketTicketRepository(facts.tenantId, tx),
  modelSettings: new ModelSettingsRepository(facts, tx),
  usage: new UsageRepository(tx),
});
