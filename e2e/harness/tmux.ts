import { existsSync } from 'node:fs';

/** Whether tests of tmux can run on this machine; `npm test` installs it where it can, and says so where it cannot. */
export const hasTmux = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/tmux`));
