import type { PermissionMode, SessionInput } from '@berth/protocol';

export type DraftProgram = 'claude' | 'shell' | 'command';

/** A session as somebody is about to describe it. */
export interface SessionDraft {
  program: DraftProgram;
  title: string;
  permissionMode: PermissionMode;
  model: string;
  /** Name or path of a program. */
  executable: string;
  /** One argument a line. */
  arguments: string;
  folder: 'own' | 'path';
  path: string;
}

export const EMPTY_DRAFT: SessionDraft = {
  program: 'claude',
  title: '',
  permissionMode: 'manual',
  model: '',
  executable: '',
  arguments: '',
  folder: 'own',
  path: '',
};

/** A login shell: it reads what the people of the machine have set up for it. */
const SHELL = ['bash', '-l'];

/**
 * One argument a line, as it stands there: quotes, spaces and backslashes mean themselves, because no shell reads them. Empty lines are none.
 */
export const argumentsOf = (lines: string): string[] => lines.split('\n').filter((line) => line !== '');

function commandOf(draft: SessionDraft): string[] | undefined {
  if (draft.program === 'claude') return undefined;
  return draft.program === 'shell' ? SHELL : [draft.executable.trim(), ...argumentsOf(draft.arguments)];
}

/** What to ask the server for. */
export function inputOf(draft: SessionDraft): SessionInput {
  const command = commandOf(draft);
  const title = draft.title.trim();
  const model = draft.model.trim();
  return {
    kind: 'terminal',
    ...(title === '' ? {} : { title }),
    ...(command ? { command } : { permissionMode: draft.permissionMode, ...(model === '' ? {} : { model }) }),
    ...(draft.folder === 'path' ? { workspace: { path: draft.path.trim() } } : {}),
  };
}

/** Whether a path is one of the roots or lies below one, as far as its letters tell; the server looks at the folders themselves. */
export function liesBelow(path: string, roots: readonly string[]): boolean {
  const trimmed = path.trim().replace(/\/+$/, '');
  return roots.some((root) => {
    const base = root.replace(/\/+$/, '');
    return trimmed === base || trimmed.startsWith(`${base}/`);
  });
}

/** What is missing before the server can be asked, by field. */
export function missingIn(draft: SessionDraft, roots: readonly string[]): { executable?: string; path?: string } {
  return {
    ...(draft.program === 'command' && draft.executable.trim() === '' ? { executable: 'Name a program.' } : {}),
    ...(draft.folder === 'path' && !liesBelow(draft.path, roots) ? { path: 'Choose an allowed folder, or one below it.' } : {}),
  };
}
