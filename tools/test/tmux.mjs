import { ensureProgram } from './system-package.mjs';

/** People use it inside their sessions, so that has to work. */
export const ensureTmux = (stop, mark) =>
  ensureProgram({ name: 'tmux', package: 'tmux', hint: 'install tmux (Debian: apt-get install tmux)', stop, mark });
