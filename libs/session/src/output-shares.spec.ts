import { FakeClock, seededRandom } from '@berth/testing';
import type { SeededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { LIGHT_BURST, LIGHT_RATE, PAUSE_HEADROOM, SHARE_QUANTUM } from './limits.js';
import { OutputShares } from './output-shares.js';
import type { OutputShare } from './output-shares.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const RATE = 32 * MIB;
/** What the fastest program of a simulation delivers while it is read. */
const SPEED = 256 * MIB;
const STEP_MS = 1;

/** A program that wants to put out `demand` bytes a second, as fast as {@link SPEED} when it has been held. */
class Load {
  delivered = 0;
  paused = false;
  pauses = 0;
  /** Longest time that it was held, and what it may still deliver after the pause began. */
  longestMs = 0;
  #heldMs = 0;
  #late = 0;
  #backlog = 0;
  #asleepMs = 0;
  readonly share: OutputShare;

  constructor(
    shares: OutputShares,
    readonly tenant: string,
    readonly demand: number,
    private readonly random: SeededRandom,
    /** What the program needs until it goes on after it was held. */
    private readonly wakeMs = 0,
  ) {
    this.share = shares.join(tenant, (paused) => this.#setPaused(paused));
  }

  step(): void {
    this.#backlog += (Math.min(this.demand, SPEED) * STEP_MS) / 1_000;
    this.#heldMs = this.paused ? this.#heldMs + STEP_MS : 0;
    this.longestMs = Math.max(this.longestMs, this.#heldMs);
    this.#asleepMs -= STEP_MS;
    if (this.#asleepMs > 0) return;
    let left = Math.min(Math.floor(this.#backlog), (SPEED * STEP_MS) / 1_000);
    while (left > 0 && (!this.paused || this.#late > 0)) {
      const count = Math.min(left, this.random.int(1, SHARE_QUANTUM));
      left -= count;
      this.#late -= this.paused ? count : 0;
      this.#backlog -= count;
      this.delivered += count;
      this.share.took(count);
    }
  }

  #setPaused(paused: boolean): void {
    expect(paused).not.toBe(this.paused);
    this.paused = paused;
    this.#late = this.random.pick([0, 0, PAUSE_HEADROOM / 2]);
    if (paused) this.pauses += 1;
    else this.#asleepMs = this.wakeMs;
  }
}

/** Max-min fair parts of `total`, by the definition: whoever wants less than an equal part gets what it wants, the others share the rest. */
function maxMin(total: number, demands: readonly number[]): number[] {
  const parts = demands.map(() => 0);
  const order = demands.map((_, index) => index).sort((a, b) => (demands[a] ?? 0) - (demands[b] ?? 0));
  let left = total;
  order.forEach((index, place) => {
    const part = Math.min(demands[index] ?? 0, left / (order.length - place));
    parts[index] = part;
    left -= part;
  });
  return parts;
}

/** What each load is due, bytes a second: first among tenants, then among the sessions of each. */
function due(loads: readonly Load[]): Map<Load, number> {
  const tenants = [...new Set(loads.map(({ tenant }) => tenant))];
  const of = (tenant: string) => loads.filter((load) => load.tenant === tenant);
  const wanted = (load: Load) => Math.min(load.demand, SPEED);
  const parts = maxMin(
    RATE,
    tenants.map((tenant) => of(tenant).reduce((sum, load) => sum + wanted(load), 0)),
  );
  return new Map(
    tenants.flatMap((tenant, index) => {
      const sessions = maxMin(parts[index] ?? 0, of(tenant).map(wanted));
      return of(tenant).map((load, place): [Load, number] => [load, sessions[place] ?? 0]);
    }),
  );
}

function simulate(clock: FakeClock, loads: readonly Load[], ms: number): void {
  for (let at = 0; at < ms; at += STEP_MS) {
    for (const load of loads) load.step();
    clock.advance(STEP_MS);
  }
}

const sum = (loads: readonly Load[]): number => loads.reduce((total, { delivered }) => total + delivered, 0);

function lab(seed = 1, rate = RATE) {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const shares = new OutputShares({ clock, rate });
  return { clock, random, add: (tenant: string, demand: number, wakeMs?: number) => new Load(shares, tenant, demand, random, wakeMs) };
}

describe('shares of a host output', () => {
  it('divides by tenants first, then by sessions', () => {
    const { clock, add } = lab();
    const many = Array.from({ length: 9 }, () => add('many', Infinity));
    const one = add('one', Infinity);
    simulate(clock, [...many, one], 4_000);
    expect(sum([one]) / sum(many)).toBeGreaterThan(0.9);
    expect(sum([one]) / sum(many)).toBeLessThan(1.1);
    const each = many.map(({ delivered }) => delivered);
    expect(Math.max(...each) / Math.min(...each)).toBeLessThan(1.3);
  });

  it.each([2, 10, 30, 60])('does not let those win of whom some are always awake: programs that need %i ms to go on', (wakeMs) => {
    const { clock, add } = lab(1, 4 * MIB);
    const many = Array.from({ length: 4 }, () => add('many', Infinity, wakeMs));
    const one = add('one', Infinity, wakeMs);
    simulate(clock, [...many, one], 10_000);
    expect(sum([one]) / sum(many)).toBeGreaterThan(0.85);
    expect(sum([one]) / sum(many)).toBeLessThan(1.15);
  });

  it('without tenants, nine sessions would take nine tenths', () => {
    const { clock, add } = lab();
    const many = Array.from({ length: 9 }, () => add('all', Infinity));
    const one = add('all', Infinity);
    simulate(clock, [...many, one], 4_000);
    expect(sum([one]) / sum(many)).toBeLessThan(0.2);
  });

  it.each(Array.from({ length: 30 }, (_, index) => index + 1))('gives each its due, and everything to somebody: random load %i', (seed) => {
    const { clock, random, add } = lab(seed);
    const tenants = random.int(1, 5);
    const loads = Array.from({ length: random.int(1, 24) }, () =>
      add(`tenant ${random.int(1, tenants)}`, random.pick([Infinity, Infinity, RATE / 2, RATE / 8, RATE / 64, LIGHT_RATE / 4])),
    );
    const seconds = 4;
    simulate(clock, loads, seconds * 1_000);

    // What one may have more or less than its part at any time: its quantum, and what comes after a pause.
    const slack = SHARE_QUANTUM + PAUSE_HEADROOM;
    const parts = due(loads);
    for (const [load, part] of parts) expect(load.delivered).toBeGreaterThan(0.93 * part * seconds - 2 * slack);
    const wanted = loads.reduce((total, { demand }) => total + Math.min(demand, SPEED), 0);
    expect(sum(loads)).toBeGreaterThan(0.97 * Math.min(wanted, RATE) * seconds - slack);
    expect(sum(loads)).toBeLessThan(RATE * seconds + 0.05 * RATE + loads.length * slack);
    // Whoever waits comes up within a few rounds.
    const roundMs = ((loads.length + 1) * 2 * slack * 1_000) / RATE;
    for (const load of loads) expect(load.longestMs).toBeLessThan(4 * roundMs);
  });

  it('never holds a light session up, however many flood', () => {
    const { clock, add } = lab();
    const light = Array.from({ length: 20 }, (_, index) => add(index % 2 ? 'flooding' : 'quiet', LIGHT_RATE / 2));
    const floods = Array.from({ length: 20 }, () => add('flooding', Infinity));
    simulate(clock, [...light, ...floods], 3_000);
    expect(floods.every(({ pauses }) => pauses > 10)).toBe(true);
    expect(light.map(({ pauses }) => pauses)).toEqual(light.map(() => 0));
    expect(sum([...light, ...floods])).toBeLessThan(RATE * 3.2);
  });

  it('gives what nobody else wants to the one who does', () => {
    const { clock, add } = lab();
    const flood = add('a', Infinity);
    const others = Array.from({ length: 5 }, (_, index) => add(`b${index}`, LIGHT_RATE / 2));
    simulate(clock, [flood, ...others], 2_000);
    expect(flood.delivered).toBeGreaterThan(RATE * 2 * 0.95);
  });

  it('does not let anybody save up, nor ask for what it left to others', () => {
    const { clock, add } = lab();
    const early = add('early', Infinity);
    const late = add('late', Infinity);
    simulate(clock, [early], 5_000);
    const before = early.delivered;
    simulate(clock, [early, late], 1_000);
    const [after, came] = [early.delivered - before, late.delivered];
    expect(after / came).toBeGreaterThan(0.8);
    expect(after / came).toBeLessThan(1.25);
  });

  it('sets no timer and holds nobody while all together stay below the rate', () => {
    const { clock, add } = lab();
    const loads = Array.from({ length: 8 }, (_, index) => add(`tenant ${index % 3}`, RATE / 10));
    for (let at = 0; at < 2_000; at += STEP_MS) {
      simulate(clock, loads, STEP_MS);
      expect(clock.pending).toBe(0);
    }
    expect(loads.map(({ pauses }) => pauses)).toEqual(loads.map(() => 0));
  });

  it('lets a session go on that leaves, and keeps no timer for it', () => {
    const { clock, add } = lab();
    const loads = [add('a', Infinity), add('a', Infinity)];
    while (!loads.every(({ paused }) => paused)) simulate(clock, loads, STEP_MS);
    expect(clock.pending).toBe(1);
    loads[0]?.share.leave();
    expect([loads[0]?.paused, loads[1]?.paused, clock.pending]).toEqual([false, true, 1]);
    loads[1]?.share.leave();
    expect([loads[1]?.paused, clock.pending]).toEqual([false, 0]);
    loads[1]?.share.took(MIB);
    expect(loads[1]?.paused).toBe(false);
  });

  it('counts what light sessions put out, and holds one that is light no more', () => {
    const { clock, add } = lab();
    const flood = add('a', Infinity);
    const once = add('b', LIGHT_RATE / 2);
    simulate(clock, [flood, once], 1_000);
    expect(once.pauses).toBe(0);
    for (let sent = 0; sent < LIGHT_BURST + 2 * SHARE_QUANTUM; sent += KIB) once.share.took(KIB);
    expect(once.paused).toBe(true);
  });
});
