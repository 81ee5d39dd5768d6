import { bootstrap } from './bootstrap.mjs';

await bootstrap(new URL('./build/main.mjs', import.meta.url));
