import { ensureProgram } from './system-package.mjs';

/** People use them inside their sessions, so they have to work there, and their screens have to be exact. Debian's packages have their names. */
const PROGRAMS = ['tmux', 'vim', 'less', 'htop'];

/** Installs what is missing, one after the other. */
export async function ensureTerminalPrograms(stop, mark) {
  for (const name of PROGRAMS)
    await ensureProgram({ name, package: name, hint: `install ${name} (Debian: apt-get install ${name})`, stop, mark });
}
