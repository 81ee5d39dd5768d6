import type { Runner, RunnerEvents } from '@berth/session';
import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { SessionProgram } from './session-program.js';

/** What a viewer of the program sees; `open` as in the options. */
async function shown(
  open: (say: (line: string) => void) => Promise<Runner>,
  { usedTerminal = false, mayAct = true } = {},
): Promise<string> {
  const program = new SessionProgram({
    clock: new FakeClock(),
    kind: 'process-group',
    usedTerminal,
    open,
    onTree: () => undefined,
    mayAct: () => mayAct,
  });
  let text = '';
  const events: RunnerEvents = { data: (bytes) => (text += Buffer.from(bytes).toString()), exit: () => undefined };
  await program.start(events).catch(() => undefined);
  return text;
}

/** A program that says `ready` as it starts. */
const ready = (): Runner => ({
  start: async ({ data }) => {
    data(Buffer.from('ready'));
    await Promise.resolve();
    return {};
  },
  write: (bytes) => bytes.length,
  resize: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  kill: () => undefined,
});

describe('SessionProgram', () => {
  it('says a line before the program’s own output', async () => {
    const text = await shown((say) => {
      say('who answers here');
      return Promise.resolve(ready());
    });
    expect(text).toBe('\x1b[2mberth: who answers here\x1b[0m\r\nready');
  });

  it('says why the program cannot be started', async () => {
    expect(await shown(() => Promise.reject(new Error('no such program')))).toBe('\x1b[2mberth: no such program\x1b[0m\r\n');
  });

  it('makes a terminal as new that a program before this one may have left in any state, without clearing what is above', async () => {
    const text = await shown(() => Promise.resolve(ready()), { usedTerminal: true });
    expect(text).toMatch(/ready$/);
    for (const undone of ['?1047l', '!p', '?1000;1002;1003;1004;1006;2004l']) expect(text).toContain(`\x1b[${undone}`);
    expect(text).not.toContain('\x1b[2J');
    expect(await shown(() => Promise.resolve(ready()))).toBe('ready');
  });

  it('says nothing once the run may not act', async () => {
    const text = await shown(() => Promise.reject(new Error('no such program')), { usedTerminal: true, mayAct: false });
    expect(text).toBe('');
  });
});
