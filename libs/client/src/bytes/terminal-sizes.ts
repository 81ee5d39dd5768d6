/** Of a terminal, in cells. */
export interface Size {
  cols: number;
  rows: number;
}

const same = (a: Size | undefined, b: Size): boolean => a?.cols === b.cols && a.rows === b.rows;

/**
 * The sizes that a terminal was given where it stands in the output. A connection that goes on there tells them again from the first one on: what is
 * repeated must not reach the terminal, because a terminal that was narrow for a moment may show something else than one that was not.
 */
export class TerminalSizes {
  /** The size that the last byte was written for, then each change behind it. */
  private here: Size[] = [];
  /** How many of them the present connection has told again; undefined: all that it tells now is new. */
  private repeated: number | undefined;

  /** A terminal that nothing has been written into has this size. */
  begin(size: Size): void {
    this.here = [size];
    this.repeated = undefined;
  }

  /** Another connection goes on where the terminal stands. */
  resume(): void {
    this.repeated = 0;
  }

  /** Whether a size that is told where the terminal stands is new. */
  isNew(size: Size): boolean {
    // Of many changes at one place the first may have been dropped meanwhile.
    const known =
      this.repeated === undefined ? -1 : this.here.findIndex((each, index) => index >= (this.repeated ?? 0) && same(each, size));
    this.repeated = known === -1 ? undefined : known + 1;
    if (known !== -1 || same(this.here.at(-1), size)) return false;
    this.here.push(size);
    return true;
  }

  /** The terminal goes on. Returns the size that it needs for that, if the connection did not confirm the last one it was given. */
  advance(): Size | undefined {
    const { here, repeated } = this;
    const confirmed = repeated === undefined || repeated === 0 ? here.at(-1) : here[repeated - 1];
    const needed = confirmed && !same(here.at(-1), confirmed) ? confirmed : undefined;
    if (here.length > 1 || needed) this.here = confirmed ? [confirmed] : [];
    this.repeated = undefined;
    return needed;
  }
}
