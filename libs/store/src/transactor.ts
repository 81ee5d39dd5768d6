import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.js';
import { whenConflict, whenIdempotent, withRetry } from './retry.js';

/** The client inside a transaction; the root client is out of reach there. */
export type Transaction = Prisma.TransactionClient;

export interface TransactionOptions {
  /** The work changes nothing when it is done twice: it survives a connection that drops in the middle. */
  idempotent?: boolean;
}

/** Longest wait for a free connection: then the caller hears `unavailable` instead of waiting with it. */
const MAX_WAIT_MS = 5_000;
/** Longest transaction. Above the statement time-out, so that the statement is what fails. */
const MAX_TRANSACTION_MS = 15_000;

/** Runs work in transactions on one pool. */
export class Transactor {
  private readonly client: PrismaClient;

  constructor(private readonly pool: pg.Pool) {
    this.client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  }

  /**
   * `enter` prepares the transaction, `work` is the caller's. Both run again after a conflict, which the server has rolled back; and after a
   * dropped connection when nothing of `work` had begun or the work is idempotent.
   */
  async run<T>(
    enter: (tx: Transaction) => Promise<unknown>,
    work: (tx: Transaction) => Promise<T>,
    { idempotent = false }: TransactionOptions,
  ): Promise<T> {
    let entered = false;
    return withRetry(
      (error) => (idempotent || !entered ? whenIdempotent(error) : whenConflict(error)),
      () => {
        entered = false;
        return this.client.$transaction(
          async (tx) => {
            await enter(tx);
            entered = true;
            return work(tx);
          },
          { maxWait: MAX_WAIT_MS, timeout: MAX_TRANSACTION_MS },
        );
      },
    );
  }

  async close(): Promise<void> {
    await this.client.$disconnect();
    await this.pool.end();
  }
}
