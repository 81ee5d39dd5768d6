import { ToolError } from '../lib/tool-error.mjs';

const READY_MS = 60_000;
const ASK_MS = 100;

/** Waits until `GET /ready` at this address answers 200; rejects with the reasons that it gave when that takes too long. */
export async function waitUntilReady(address, stop) {
  let reasons = 'no answer';
  for (const end = Date.now() + READY_MS; Date.now() < end; await stop.sleep(ASK_MS)) {
    try {
      const response = await fetch(`${address}/ready`, { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(5000)]) });
      if (response.ok) return;
      reasons = `${response.status} ${await response.text()}`;
    } catch (error) {
      stop.throwIfRequested();
      reasons = error.cause?.message ?? error.message;
    }
  }
  throw new ToolError(`${address}/ready did not answer 200 within ${READY_MS / 1000} s; last: ${reasons}`);
}
