import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from './remove-tree.js';

/** The address of a unix socket holds 107 bytes; Claude Code wants its own, `cc-socks/<pid>.sock` below the folder, within 103. */
const LONGEST = 103 - '/cc-socks/4194304.sock'.length;

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/**
 * A folder a run, for its sockets and temporary files: short, for its owner only, outside of every workspace. In the data folder, or, where that
 * one's path is too long, in the machine's temporary folder.
 */
export class RunFolders {
  private readonly root: string;
  private readonly prefix: string;

  constructor(dataDir: string, hostName: string) {
    this.prefix = `${short(hostName)}-`;
    const inData = join(dataDir, 'run');
    const fits = Buffer.byteLength(join(inData, `${this.prefix}${short('')}`)) <= LONGEST;
    this.root = fits ? inData : join(tmpdir(), `berth-${process.getuid?.() ?? 0}-${short(dataDir)}`);
  }

  /** Makes the folder of one run. Rejects when somebody else has prepared the place for it. */
  async open(): Promise<string> {
    await this.prepare();
    const folder = join(this.root, `${this.prefix}${randomBytes(4).toString('hex')}`);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  async close(folder: string): Promise<void> {
    await removeTree(folder);
  }

  /**
   * Removes what earlier workers of this name have left; whoever calls it has the name. Returns how many are gone: one that a session's programs have made
   * impossible to remove stays, for it must not keep the worker from starting.
   */
  async removeLeftovers(): Promise<number> {
    const names = await readdir(this.root).catch((): string[] => []);
    const left = names.filter((name) => name.startsWith(this.prefix));
    if (left.length > 0) await this.prepare();
    const removed = await Promise.allSettled(left.map((name) => this.close(join(this.root, name))));
    return removed.filter(({ status }) => status === 'fulfilled').length;
  }

  /** In a temporary folder that all users share, the place may exist already: then it has to be ours and nobody else's. */
  private async prepare(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const found = await lstat(this.root);
    const foreign = found.uid !== (process.getuid?.() ?? found.uid) || (found.mode & 0o077) !== 0;
    if (!found.isDirectory() || foreign) throw new Error(`cannot start: ${this.root} must be a folder that belongs to this user alone`);
  }
}
