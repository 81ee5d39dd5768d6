import { bootstrap } from './bootstrap.mjs';

await bootstrap(new URL('./bench/main.mjs', import.meta.url));
