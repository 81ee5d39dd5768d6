import { chmod, mkdir, readFile, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SessionId, TenantId } from '@berth/protocol';
import type { HostId } from '@berth/protocol';
import type { ClaimedRun } from '@berth/store/leases';
import { removeTree } from './remove-tree.js';

export interface SessionFoldersOptions {
  dataDir: string;
  /** Folders in which, or below which, members may start sessions by path. */
  roots: readonly string[];
  /** This host as its database knows it: another database has another id for it, and knows nothing of these sessions. */
  hostId: HostId;
}

/** A session that this host has folders of. */
export interface KeptSession {
  sessionId: SessionId;
  tenantId: TenantId;
}

/** Where a session works on this host; all paths are real ones. */
export interface OpenedFolders {
  workspace: string;
  /** Whether we made the workspace; it is the session's alone then. */
  ownWorkspace: boolean;
  /** Claude Code's configuration and transcripts. */
  config: string;
}

const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

async function realFolder(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

async function privateFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  return realpath(path);
}

/**
 * The folders of sessions on this machine: `workspaces/<id>`, and `sessions/<id>` for what is the session's and not in its workspace. A folder that
 * a member named is only ever opened here, never made and never removed.
 */
export class SessionFolders {
  constructor(private readonly options: SessionFoldersOptions) {}

  /** All sessions' own workspaces are below it. */
  get workspaces(): string {
    return join(this.options.dataDir, 'workspaces');
  }

  /** Opens or makes what a run needs. Rejects with a line for the person who asked for the session. */
  async open({ sessionId, tenantId, workspacePath }: Pick<ClaimedRun, 'sessionId' | 'tenantId' | 'workspacePath'>): Promise<OpenedFolders> {
    const workspace = workspacePath === null ? undefined : await this.named(workspacePath);
    const own = await privateFolder(this.private(sessionId));
    await writeFile(this.mark(sessionId), tenantId, { mode: 0o600 });
    return {
      workspace: workspace ?? (await privateFolder(this.workspace(sessionId))),
      ownWorkspace: workspace === undefined,
      config: await privateFolder(join(own, 'claude')),
    };
  }

  /** Sessions that this host has folders of. Folders of another installation, or of an emptied database, are not among them. */
  async list(): Promise<KeptSession[]> {
    const names = await readdir(join(this.options.dataDir, 'sessions')).catch((): string[] => []);
    const ids = names.flatMap((name) => SessionId.safeParse(name).data ?? []);
    const found: KeptSession[] = [];
    for (const sessionId of ids) {
      const tenantId = TenantId.safeParse(await readFile(this.mark(sessionId), 'utf8').catch(() => '')).data;
      if (tenantId !== undefined) found.push({ sessionId, tenantId });
    }
    return found;
  }

  /** Removes a session's own folders; the one that says so goes last, so that a removal cut short is taken up again. */
  async remove(sessionId: SessionId): Promise<void> {
    await removeTree(this.workspace(sessionId));
    await removeTree(this.private(sessionId));
  }

  /** A folder by path, judged by where it really is: links that lead out of the roots are no way out. */
  private async named(path: string): Promise<string> {
    const roots = await Promise.all(this.options.roots.map(realFolder));
    const real = await realFolder(path);
    const allowed = real !== undefined && roots.some((root) => root !== undefined && isWithin(root, real));
    // Whether a folder outside of the roots exists is nobody's business.
    if (!allowed)
      throw new Error('cannot start: the workspace folder does not exist on this host, or lies outside of BERTH_WORKSPACE_ROOTS');
    return real;
  }

  private workspace(sessionId: SessionId): string {
    return join(this.workspaces, sessionId);
  }

  private private(sessionId: SessionId): string {
    return join(this.options.dataDir, 'sessions', sessionId);
  }

  private mark(sessionId: SessionId): string {
    return join(this.private(sessionId), this.options.hostId);
  }
}
