/** The least that a live run has, however many there are: what shows a full screen and what led to it. Bytes of Redis' memory, as all here. */
export const MIN_RUN_BYTES = 1024 * 1024;
/** Not given away: a part of the total for what Redis needs beyond what it says, and the least of each run that nobody has counted yet. */
const RESERVED = 1 / 16;
const MOST_RESERVED = 1 / 4;
/** Live runs that may begin before everybody counts again. */
const NEWCOMERS = 8;
/** An empty log takes about 430 bytes: it gives nothing, and is left to expire. */
const EMPTY_BYTES = 1024;

/** What of a total is given away. */
export const usableOf = (totalBytes: number): number =>
  totalBytes - Math.min(totalBytes * MOST_RESERVED, Math.max(totalBytes * RESERVED, NEWCOMERS * MIN_RUN_BYTES));

/** A run and what its log takes. */
export interface RunUsage {
  key: string;
  tenantId: string;
  bytes: number;
  /** How long ago it was closed, in milliseconds; undefined while it lives. */
  closedMs: number | undefined;
}

export interface LogShares {
  /** Closed runs whose logs have to go. */
  drop: RunUsage[];
  /** What each live run may take, by its key. */
  budgets: Map<string, number>;
  /** What a run may take that has not been counted yet. */
  newRun: number;
}

/**
 * Max-min fair parts of `total`: whoever wants less than an equal part gets what it wants, the others share the rest evenly. The answer is in the
 * order of `wanted`; its sum is at most `total`, and all of it when the others want that much.
 */
export function maxMinShares(total: number, wanted: readonly number[]): number[] {
  const shares = wanted.map(() => 0);
  const least = wanted.map((want, index) => ({ want, index })).sort((a, b) => a.want - b.want);
  let left = total;
  least.forEach(({ want, index }, place) => {
    const share = Math.min(want, left / (least.length - place));
    shares[index] = share;
    left -= share;
  });
  return shares;
}

/** What a live run may want until everybody counts again: twice what it has, within the budget of a run. */
const wants = (run: RunUsage, runBytes: number): number => Math.min(runBytes, 2 * run.bytes + MIN_RUN_BYTES);

/**
 * Divides the memory of all logs: fairly among the tenants, then within each. Whoever is above its part gives the logs of closed runs first, the
 * one that was closed longest ago before the others; then its live runs have to do with less, the largest first. What nobody wants is open to
 * all live runs. Follows from what is there alone: whoever looks at the same logs says the same.
 */
export function shareLog(runs: readonly RunUsage[], { totalBytes, runBytes }: { totalBytes: number; runBytes: number }): LogShares {
  const total = usableOf(totalBytes);
  const tenants = [...Map.groupBy(runs, ({ tenantId }) => tenantId).values()];
  const needs = tenants.map((own) => sum(own, (run) => (run.closedMs === undefined ? wants(run, runBytes) : run.bytes)));
  const drop: RunUsage[] = [];
  const granted = new Map<string, number>();
  let given = 0;
  maxMinShares(total, needs).forEach((share, index) => {
    const own = tenants[index] ?? [];
    const live = own.filter(({ closedMs }) => closedMs === undefined);
    const parts = maxMinShares(
      share,
      live.map((run) => wants(run, runBytes)),
    );
    live.forEach(({ key }, place) => granted.set(key, Math.max(MIN_RUN_BYTES, parts[place] ?? 0)));
    let room = share - sum(parts, (part) => part);
    given += share - room;
    const closed = own.filter(({ closedMs }) => closedMs !== undefined).sort((a, b) => (a.closedMs ?? 0) - (b.closedMs ?? 0));
    for (const run of closed) {
      room -= run.bytes;
      if (room < 0 && run.bytes > EMPTY_BYTES) drop.push(run);
      else given += run.bytes;
    }
  });
  const open = Math.max(0, total - given) / (granted.size + NEWCOMERS);
  const budgets = new Map([...granted].map(([key, bytes]) => [key, Math.floor(Math.min(runBytes, bytes + open))]));
  return { drop, budgets, newRun: Math.floor(Math.min(runBytes, MIN_RUN_BYTES + open)) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
