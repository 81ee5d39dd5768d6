import { type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';
import type { Account } from './sign-in-types.js';

const ACCOUNT = { id: true, email: true, name: true, passwordHash: true } as const;

/** People who may sign in, whatever their tenants. */
export class Users {
  constructor(private readonly tx: Transaction) {}

  async find(userId: UserId): Promise<Account | undefined> {
    return toAccount(await this.tx.user.findUnique({ where: { id: uuidFromId(userId) }, select: ACCOUNT }));
  }

  /** Addresses are compared without regard to case. */
  async findByEmail(email: string): Promise<Account | undefined> {
    return toAccount(await this.tx.user.findUnique({ where: { email: email.toLowerCase() }, select: ACCOUNT }));
  }
}

function toAccount(row: { id: string; email: string; name: string; passwordHash: string | null } | null): Account | undefined {
  return row === null ? undefined : { ...row, id: idFromUuid('user', row.id) };
}
