import { bootstrap } from './bootstrap.mjs';

await bootstrap(new URL('./check/main.mjs', import.meta.url));
