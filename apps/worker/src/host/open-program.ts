import { EchoRunner, PtyRunner, findClaude, prepareClaudeConfig } from '@berth/runner';
import { killTree } from '@berth/sandbox';
import type { Runner } from '@berth/session';
import type { ClaimedRun } from '@berth/store/leases';
import type { RunModel } from '../model/run-model.js';
import { claudeProgram } from './claude/claude-program.js';
import { findProgram } from './find-program.js';
import type { HostServices } from './host-services.js';
import { sessionEnvironment } from './session-environment.js';

/** A program's name may be any text; this much of it is shown. */
const SHOWN_NAME = 100;

interface ProgramRequest {
  claim: ClaimedRun;
  services: HostServices;
  model: RunModel;
  /** Shows the person a line before the program starts. */
  say(line: string): void;
}

export type OpenProgram = (request: ProgramRequest) => Promise<Runner>;

async function namedProgram([name = '', ...args]: readonly string[], path: string, cwd: string): Promise<string[]> {
  const program = await findProgram(name, path, cwd);
  if ('failure' in program) throw new Error(`cannot start ${JSON.stringify(name.slice(0, SHOWN_NAME))}: ${program.failure}`);
  return [program.path, ...args];
}

/** The runner of a claimed run, in its workspace, behind its wall, with its way to a model. Rejects with a line for the person who asked for it. */
export const openProgram: OpenProgram = async ({ claim, services, model, say }) => {
  const { tree, user, logger } = services;
  const folders = await services.folders.open(claim);
  const { workspace, ownWorkspace, config } = folders;
  await prepareClaudeConfig({ folder: config, ...(ownWorkspace ? { ownWorkspace: workspace } : {}) });
  const access = await model.open();
  const claude = findClaude();
  const claudeFolder = 'folder' in claude ? claude.folder : undefined;
  const env = sessionEnvironment({ sessionId: claim.sessionId, user, folders, model: access, claudeFolder });
  const argv =
    claim.command.length === 0
      ? await claudeProgram({ claim, config, provider: access.provider, logger, say })
      : await namedProgram(claim.command, env['PATH'] ?? '', workspace);
  return new PtyRunner({
    argv: tree.wrap(argv),
    cwd: workspace,
    env,
    cols: claim.cols,
    rows: claim.rows,
    kill: (pid) => killTree(pid, tree.kind),
  });
};

/** A program without a process; the benchmark measures what an idle session costs beside its program. */
export const openEcho: OpenProgram = () => Promise.resolve(new EchoRunner());
