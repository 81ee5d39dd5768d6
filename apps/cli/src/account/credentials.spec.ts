import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TempDir } from '@berth/testing';
import { tempDir } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignIn } from './credentials-file.js';
import { CredentialsFile } from './credentials-file.js';
import { withFileLock } from './file-lock.js';
import { readLink } from './sign-in.js';

const signIn = (value: string): SignIn => ({
  refresh: { name: 'berth_refresh', value },
  tenant: { id: `ten_${'3'.repeat(32)}` as SignIn['tenant']['id'], name: 'Default' },
  user: { id: `usr_${'2'.repeat(32)}` as SignIn['user']['id'], email: 'owner@example.com', name: 'owner' },
});

let folder: TempDir;
let file: CredentialsFile;
beforeEach(async () => {
  folder = await tempDir();
  file = new CredentialsFile(join(folder.path, 'berth'));
});
afterEach(() => folder.remove());

const put = (server: string, value: string, current = true) => file.exclusively(async () => file.put(server, signIn(value), { current }));
const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the credentials file', () => {
  it('is made for its owner alone, and holds one sign-in a server', async () => {
    expect(file.get('https://a.example.com')).toBeUndefined();
    await put('https://a.example.com', 'one');
    await put('https://b.example.com', 'two');
    await put('https://a.example.com', 'three', false);
    expect(mode(file.path)).toBe(0o600);
    expect(mode(join(folder.path, 'berth'))).toBe(0o700);
    expect(file.current).toBe('https://b.example.com');
    expect(file.get('https://a.example.com')?.refresh.value).toBe('three');
    expect(readdirSync(join(folder.path, 'berth'))).toEqual(['credentials.json']);
  });

  it('forgets a server, and means another one then', async () => {
    await put('https://a.example.com', 'one');
    await put('https://b.example.com', 'two');
    await file.exclusively(async () => file.remove('https://b.example.com'));
    expect(file.get('https://b.example.com')).toBeUndefined();
    expect(file.current).toBe('https://a.example.com');
  });

  it.each([0o640, 0o604, 0o622])('is refused with mode %o, and says how to mend it', async (open) => {
    await put('https://a.example.com', 'one');
    chmodSync(file.path, open);
    expect(() => file.get('https://a.example.com')).toThrow(
      expect.objectContaining({ exitCode: 1, advice: `Mend it with: chmod 600 ${file.path}` }),
    );
  });

  it('is refused in a folder that others can open, before anything is written', async () => {
    await put('https://a.example.com', 'one');
    chmodSync(join(folder.path, 'berth'), 0o750);
    await expect(put('https://a.example.com', 'two')).rejects.toThrow(/can be opened by others/);
    expect(readFileSync(file.path, 'utf8')).not.toContain('two');
  });

  it('says so when it is damaged', async () => {
    await put('https://a.example.com', 'one');
    writeFileSync(file.path, '{"servers": 7}');
    expect(() => file.get('https://a.example.com')).toThrow(/is damaged/);
  });
});

describe('the lock', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withFileLock(join(folder.path, 'lock'), work)));
    expect(most).toBe(1);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('of a holder that has died is taken over, and given back after a failure', async () => {
    // No process has the largest number.
    writeFileSync(join(folder.path, 'lock'), '4194305');
    await expect(withFileLock(join(folder.path, 'lock'), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await withFileLock(join(folder.path, 'lock'), async () => 'in')).toBe('in');
  });
});

describe('a sign-in link', () => {
  it('names its server and its secret', () => {
    expect(readLink(' https://berth.example.com:8443/login#token=abcdefghijklmnop_-12 \n')).toEqual({
      server: 'https://berth.example.com:8443',
      token: 'abcdefghijklmnop_-12',
    });
  });

  it.each([
    '',
    'nonsense',
    'https://berth.example.com/login',
    'https://berth.example.com/login#token=short',
    'ftp://x/login#token=abcdefghijklmnop',
  ])('%j is none', (text) => {
    expect(() => readLink(text)).toThrow(/not a sign-in link/);
  });
});
