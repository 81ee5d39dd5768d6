import { bootstrap } from './bootstrap.mjs';

await bootstrap(new URL('./start/main.mjs', import.meta.url), { stoppedMeansDone: true });
