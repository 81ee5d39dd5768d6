import { build } from './build.mjs';

/** `npm run build`. */
export async function main({ stop }) {
  await build({ stop });
  return 0;
}
