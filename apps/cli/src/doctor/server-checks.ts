import { routes } from '@berth/protocol';
import { z } from 'zod';
import { patientFetch } from '../account/refresh-cookie.js';
import { plain } from '../output/plain-text.js';
import type { Finding } from './check.js';
import { failed, ok, warn } from './check.js';

/** Apart by more than this, times in lists and logs mislead, and short-lived tokens are renewed at the wrong moment. */
const SKEW_MS = 30_000;
const ROUND_TRIPS = 5;
/** Slower than this, typing feels it. */
const SLOW_MS = 150;

const Ready = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });
const Description = z.object({
  info: z.object({ title: z.literal('Berth') }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? plain((cause as NodeJS.ErrnoException).code ?? cause.message) : plain(String(cause));
};

/** Whether anything answers there; the answer's clock with it. */
export async function checkReachable(server: string): Promise<Finding[]> {
  let response: Response;
  const sent = Date.now();
  try {
    response = await patientFetch(`${server}/health`, { redirect: 'manual' });
  } catch (error) {
    const advice = 'Is it running (npm start), is the address right (--server), does a firewall or proxy stand in between?';
    return [failed('reachable', `${server} does not answer (${reasonOf(error)})`, advice)];
  }
  const came = Date.now();
  if (response.status !== 200) {
    const advice = 'Something else listens there, or a proxy does not pass requests on to the gateway';
    return [failed('reachable', `${server}/health answers ${String(response.status)}`, advice)];
  }
  return [ok('reachable', `${server} answers in ${String(came - sent)} ms`), checkClock(response.headers.get('date'), sent, came)];
}

function checkClock(date: string | null, sent: number, came: number): Finding {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs))
    return warn('clock', 'the server does not say what time it is', 'A proxy takes the Date header away; nothing depends on it');
  // The header has whole seconds.
  const skew = Math.max(0, theirs - came, sent - (theirs + 1000));
  const seconds = `${String(Math.round(skew / 1000))} s`;
  return skew > SKEW_MS
    ? failed('clock', `this machine and the server are ${seconds} apart`, 'Let both synchronise their clocks (NTP)')
    : ok('clock', `${seconds} apart`);
}

/** Whether the gateway can serve: its Postgres and Redis answer. */
export async function checkReady(server: string): Promise<Finding> {
  try {
    const { ready, reasons } = Ready.parse(await (await patientFetch(`${server}/ready`)).json());
    if (ready) return ok('ready', 'the gateway can serve');
    return failed(
      'ready',
      `the gateway cannot serve: ${reasons.map((reason) => plain(reason)).join(', ')}`,
      'Its log says more; it recovers by itself once they are back',
    );
  } catch (error) {
    return failed('ready', `/ready gives no answer that can be read (${reasonOf(error)})`, 'A proxy does not pass it on to the gateway');
  }
}

/** Whether server and command line are of one version: each knows the calls of the other. */
export async function checkVersion(server: string): Promise<Finding> {
  try {
    const { paths } = Description.parse(await (await patientFetch(`${server}/openapi.json`)).json());
    const theirs = new Set(
      Object.entries(paths).flatMap(([path, calls]) => Object.keys(calls).map((method) => `${method.toUpperCase()} ${path}`)),
    );
    const ours = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
    const missing = ours.filter((call) => !theirs.has(call));
    if (missing.length > 0)
      return failed(
        'version',
        `the server is older than this command line: it lacks ${plain(missing.slice(0, 3).join(', '))}`,
        'Update the server',
      );
    const news = [...theirs].filter((call) => call.includes(' /v1/') && !ours.includes(call));
    if (news.length > 0)
      return warn(
        'version',
        `the server is newer than this command line by ${String(news.length)} calls`,
        'Update this checkout: git pull',
      );
    return ok('version', 'server and command line match');
  } catch (error) {
    return failed('version', `/openapi.json gives no answer that can be read (${reasonOf(error)})`, 'Is this a Berth server?');
  }
}

/** How long a request takes there and back; the median of some. */
export async function checkRoundTrip(server: string): Promise<Finding> {
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i += 1) {
    const began = performance.now();
    const response = await patientFetch(`${server}/health`);
    await response.arrayBuffer();
    times.push(performance.now() - began);
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  const detail = `${median.toFixed(1)} ms`;
  return median > SLOW_MS
    ? warn('round trip', detail, 'Typing will feel slow: is a nearer server or network to be had?')
    : ok('round trip', detail);
}
