/** What Redis adds to a small entry: ids, the terminal's size, lengths. */
const SMALL_ENTRY_BYTES = 22;
/** Small entries share nodes, up to a hundred or 4 KiB; that includes a part of the node, and what its block has more. */
const SMALL_ENTRY_FACTOR = 1.3;
/** From here on an entry is a node of its own, in a block of the allocator. */
const NODE_BYTES = 2_048;
/** What is beside the output within the block, and the node outside of it. */
const BLOCK_HEADER_BYTES = 64;
const NODE_OVERHEAD_BYTES = 512;

/** The ledger has one step for so much cost: what a budget is kept to. */
const STEP_BYTES = 4 * 1_024;

/** jemalloc has four sizes of block between two powers of two. */
function blockOf(bytes: number): number {
  const spacing = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / spacing) * spacing;
}

/** Memory that Redis needs for an entry of so many bytes of output: about what MEMORY USAGE tells, 30 times the output for a single byte. */
export function entryCost(bytes: number): number {
  if (bytes < NODE_BYTES) return Math.ceil((bytes + SMALL_ENTRY_BYTES) * SMALL_ENTRY_FACTOR);
  return blockOf(bytes + BLOCK_HEADER_BYTES) + NODE_OVERHEAD_BYTES;
}

/** What the entries of one run cost in Redis, in steps of {@link STEP_BYTES}: tells where its log has to begin to cost no more than a budget. */
export class EntryCosts {
  /** Oldest first; each begins and ends where an entry does. */
  readonly #steps: { start: number; end: number; cost: number }[] = [];
  #total = 0;
  #start = 0;

  /** Offset at which the log was to begin at the last trim. */
  get start(): number {
    return this.#start;
  }

  /** An entry that ends at `end` has been stored. One that Redis has lost since counts on: what is left costs less then. */
  add(end: number, bytes: number): void {
    const cost = entryCost(bytes);
    this.#total += cost;
    const last = this.#steps.at(-1);
    if (last !== undefined && last.cost + cost <= STEP_BYTES) Object.assign(last, { end, cost: last.cost + cost });
    else this.#steps.push({ start: end - bytes, end, cost });
  }

  /** First offset of the newest entries that cost at most `budget`, an entry of `coming` bytes included. Never goes back behind {@link trimmedTo}. */
  startOf(budget: number, coming?: number): number {
    let excess = this.#total - budget + (coming === undefined ? 0 : entryCost(coming));
    let start = this.#start;
    for (const { end, cost } of this.#steps) {
      if (excess <= 0) break;
      excess -= cost;
      start = end;
    }
    return start;
  }

  /** Cost of the output behind `offset`; of a step that it cuts, the part behind it: an entry whose last byte alone is there costs next to nothing. */
  from(offset: number): number {
    let total = 0;
    for (let index = this.#steps.length - 1; index >= 0; index--) {
      const step = this.#steps[index];
      if (step === undefined || step.end <= offset) break;
      const { start, end, cost } = step;
      total += start < offset ? cost * ((end - offset) / (end - start)) : cost;
    }
    return Math.ceil(total);
  }

  /** What lies before `start` has been given up. */
  trimmedTo(start: number): void {
    for (let oldest = this.#steps[0]; oldest !== undefined && oldest.end <= start; oldest = this.#steps[0]) {
      this.#total -= oldest.cost;
      this.#start = oldest.end;
      this.#steps.shift();
    }
  }
}
