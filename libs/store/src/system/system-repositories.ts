import type { SystemPurpose } from '../system-purposes.js';
import type { Transaction } from '../transactor.js';
import { Bootstrap } from './bootstrap.js';
import { LoginTokens } from './login-tokens.js';
import { Members } from './members.js';
import { Memberships } from './memberships.js';
import { Principals } from './principals.js';
import { RefreshFamilies } from './refresh-families.js';
import { TicketCheck } from './ticket-check.js';
import { Users } from './users.js';

/** What each purpose may use; the other purposes of the system role are the leases'. */
export const systemRepositories = {
  bootstrap: (tx: Transaction) => ({ tenants: new Bootstrap(tx) }),
  sign_in: (tx: Transaction) => ({
    users: new Users(tx),
    memberships: new Memberships(tx),
    loginTokens: new LoginTokens(tx),
    refreshFamilies: new RefreshFamilies(tx),
  }),
  members: (tx: Transaction) => ({ members: new Members(tx), loginTokens: new LoginTokens(tx) }),
  socket_ticket: (tx: Transaction) => ({ socketTickets: new TicketCheck(tx) }),
  principals: (tx: Transaction) => ({ principals: new Principals(tx) }),
} as const satisfies Partial<Record<SystemPurpose, (tx: Transaction) => object>>;

/** Purposes for which `withSystem` may be called. */
export type RepositoryPurpose = keyof typeof systemRepositories;

export type SystemRepositories<P extends RepositoryPurpose> = ReturnType<(typeof systemRepositories)[P]>;
