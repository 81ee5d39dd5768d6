import { SerializeAddon } from '@xterm/addon-serialize';
import { describe, expect, it } from 'vitest';
import { randomProgram, type Program } from './testing/random-program.js';
import { ScreenFold } from './screen-fold.js';
import { differences, Viewer } from './testing/terminal-state.js';

const PROGRAMS = 300;

/** Runs a program to its end and compares a terminal that starts from what `serialize` makes of it. */
function compared(program: Program, serialize: (whole: Viewer, fold: ScreenFold) => string): string[] {
  const whole = new Viewer(program);
  const fold = new ScreenFold(program);
  for (const step of program.steps) {
    if ('cols' in step) continue;
    whole.write(step.bytes);
    fold.write(step.bytes);
  }
  // Ends what is unfinished, so that neither has to.
  whole.write(Uint8Array.of(0x18));
  fold.write(Uint8Array.of(0x18));
  const late = new Viewer(program);
  late.write(new TextEncoder().encode(serialize(whole, fold)));
  return differences(whole, late);
}

describe('the comparison', () => {
  const programs = Array.from({ length: PROGRAMS }, (_, i) => randomProgram(i + 1, 30));

  it('sees what xterm’s own serializer loses, in most programs', () => {
    const failing = programs.filter((program) => {
      const found = compared(program, ({ terminal }) => {
        const serializer = new SerializeAddon();
        terminal.loadAddon(serializer);
        return serializer.serialize();
      });
      return found.length > 0;
    });
    expect(failing.length).toBeGreaterThan(PROGRAMS * 0.8);
  });

  it('sees nothing in the same programs when ours is used', () => {
    const failing = programs.filter((program) => {
      let lossy = false;
      const found = compared(program, (_, fold) => {
        const { serialized, losses } = fold.checkpoint();
        lossy = losses.length > 0;
        return serialized;
      });
      return found.length > 0 && !lossy;
    });
    expect(failing).toEqual([]);
  });
});
