import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { AppError } from '@berth/protocol';

/** There is nothing at the path that could be looked at from here: the host may be another machine. */
const NOT_HERE = ['ENOENT', 'ENOTDIR', 'EACCES'];

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);

/** The path with every link in it followed, as far as it exists on this machine. Rejects for links that lead in a circle. */
async function followed(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!NOT_HERE.includes(code) || dirname(path) === path) throw error;
    return join(await followed(dirname(path)), basename(path));
  }
}

/** The folders in which members may start sessions by path. None: no session has a folder that somebody named. */
export class WorkspaceRoots {
  readonly paths: readonly string[];

  /** `roots`: absolute paths. */
  constructor(roots: readonly string[]) {
    this.paths = [...new Set(roots.map((root) => resolve(root)))];
  }

  /**
   * The folder that was asked for, without detours. Rejects with `forbidden` when it lies outside of every root, or leads out by a link. The host
   * looks again when it opens the folder: this one may run on another machine, and links change.
   */
  async admit(asked: string): Promise<string> {
    const path = resolve(sep, asked);
    // Names alone decide first: what lies outside is not even looked at.
    const named = this.paths.filter((root) => isInside(root, path));
    if (!isAbsolute(asked) || named.length === 0 || !(await this.staysInside(path))) {
      throw new AppError('forbidden', {
        detail:
          this.paths.length === 0
            ? 'Sessions in folders of your choice are not set up here: whoever runs Berth lists folders in BERTH_WORKSPACE_ROOTS.'
            : 'Give the absolute path of a folder in one of the workspace roots, which are set by BERTH_WORKSPACE_ROOTS.',
      });
    }
    return path;
  }

  private async staysInside(path: string): Promise<boolean> {
    try {
      const [real, ...roots] = await Promise.all([followed(path), ...this.paths.map((root) => followed(root))]);
      return roots.some((root) => isInside(root, real));
    } catch {
      return false;
    }
  }
}
