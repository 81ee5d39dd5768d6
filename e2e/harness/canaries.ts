import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets of one cluster, each unmistakable, none of which may ever be read in a log. */
export class Canaries {
  private readonly known = new Map<string, string>();

  /** A new secret. */
  make(name: string): string {
    const value = `canary-${name}-${randomBytes(24).toString('hex')}`;
    return this.add(name, value);
  }

  /** A secret that came about elsewhere: a token, a ticket. */
  add(name: string, value: string): string {
    this.known.set(value, name);
    return value;
  }

  /** Where a secret can be read: `<file>: <name of the secret>` each. */
  leaks(folder: string): string[] {
    return readdirSync(folder).flatMap((file) => {
      const text = readFileSync(join(folder, file), 'latin1');
      return [...this.known].filter(([value]) => text.includes(value)).map(([, name]) => `${file}: ${name}`);
    });
  }
}
