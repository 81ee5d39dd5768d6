/** Things that exist for as long as somebody needs them, one for each key. */
export class Holds<T extends { close(): void }> {
  private readonly held = new Map<string, { value: T; count: number }>();

  /** The value of a key, made when nobody has it; `release` gives it back, once. */
  hold(key: string, make: () => T): { value: T; release: () => void } {
    const entry = this.held.get(key) ?? { value: make(), count: 0 };
    this.held.set(key, entry);
    entry.count += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.count -= 1;
      if (entry.count > 0) return;
      this.held.delete(key);
      entry.value.close();
    };
    return { value: entry.value, release };
  }

  get count(): number {
    return this.held.size;
  }
}
