import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Postgres' default; the passwords are 256 random bits, which no number of rounds protects better. */
const ROUNDS = 4096;

/**
 * What Postgres stores of a password (RFC 5803, SCRAM-SHA-256). Made here, so that the password itself is in no statement and in no
 * server log. ASCII passwords only: others would need SASLprep.
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ROUNDS, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${String(ROUNDS)}:${salt.toString('base64')}$${storedKey}:${key('Server Key').toString('base64')}`;
}
