import { rmSync } from 'node:fs';
import { endProcesses } from '../lib/children.mjs';
import { readJson } from '../lib/files.mjs';
import { identify, isAlive, markedProcesses, processesIn } from '../lib/process-table.mjs';
import { say } from '../lib/say.mjs';

const SERVICES = ['postgres', 'redis-server', 'valkey-server'];
/** Workers record how their sessions ended before they go. */
const APPS_MS = 10_000;
const SERVICES_MS = 20_000;

/** Everything of this data folder that runs, apps before the services that they need: `{ apps, services }`, identities. */
function runningOf(data) {
  const recorded = readJson(data.runFile);
  const apps = [...(recorded?.gateways ?? []), ...(recorded?.workers ?? [])];
  const marked = markedProcesses(data.mark).map(identify);
  const services = [...processesIn(data.postgres, SERVICES), ...processesIn(data.redis, SERVICES)].map(identify);
  const known = [recorded?.postgres, recorded?.redis].filter((each) => each && isAlive(each));
  const isService = (each) => [...services, ...known].some((service) => service.pid === each.pid);
  return {
    apps: [...apps.filter(isAlive), ...marked.filter((each) => !isService(each))],
    services: [...services, ...known, ...marked.filter(isService)],
  };
}

/** Ends what a killed start left running, so that nothing runs twice. The caller holds the data folder. */
export async function endLeftovers(data) {
  const { apps, services } = runningOf(data);
  const count = new Set([...apps, ...services].map(({ pid }) => pid)).size;
  if (count > 0) say('start', `the last start was killed: ending ${count} processes that it left`);
  await endProcesses(apps, { graceMs: APPS_MS });
  // SIGINT is Postgres' fast shutdown; Redis writes its log and goes on it too.
  await endProcesses(services, { name: 'SIGINT', graceMs: SERVICES_MS });
  rmSync(data.runFile, { force: true });
}
