import { orExit } from '@berth/env';
import { migrate } from '@berth/store';
import { readMigrateEnv } from './env.js';

const { ownerUrl, secret } = orExit(readMigrateEnv);
try {
  const { applied } = await migrate({ ownerUrl, secret, onProgress: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(applied.length === 0 ? 'the database is up to date\n' : `${String(applied.length)} migrations applied\n`);
} catch (error) {
  process.stderr.write(`berth: the database could not be prepared: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
