import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir, waitFor } from '@berth/testing';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, processRef } from '../process-table.js';
import { IncarnationFile } from './incarnation-file.js';
import { bootId } from './predecessor.js';
import { NameTaken, takeName } from './take-name.js';

const logger = pino({ enabled: false });
const children: ChildProcess[] = [];
const sleeper = (): number => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
};
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A record as a worker that is gone has left it. */
const dead = { pid: 4_194_000, startTime: 1 };

describe('takeName', () => {
  it('refuses while the process that has the name lives, and names it', async () => {
    const folder = await tempDir();
    const holder = processRef(sleeper());
    new IncarnationFile(folder.path, 'w').write({ boot: bootId(), host: holder, trees: [] });
    expect(() => takeName(folder.path, 'w', logger)).toThrow(NameTaken);
    expect(() => takeName(folder.path, 'w', logger)).toThrow(String(holder.pid));
    await folder.remove();
  });

  it('ends what a dead predecessor left: trees and guardian', async () => {
    const folder = await tempDir();
    const [tree, guardian] = [processRef(sleeper()), processRef(sleeper())];
    new IncarnationFile(folder.path, 'w').write({
      boot: bootId(),
      host: dead,
      guardian,
      trees: [{ ...tree, kind: 'process-group' }],
    });
    takeName(folder.path, 'w', logger);
    await waitFor(() => !isAlive(tree) && !isAlive(guardian), 2_000, 'their ends');
    await folder.remove();
  });

  it('leaves alone whoever has got a recorded number since, and everything of an earlier boot', async () => {
    const folder = await tempDir();
    const stranger = processRef(sleeper());
    const file = new IncarnationFile(folder.path, 'w');
    const reused = { pid: stranger.pid, startTime: stranger.startTime - 1 };
    file.write({ boot: bootId(), host: reused, guardian: reused, trees: [{ ...reused, kind: 'process-group' }] });
    takeName(folder.path, 'w', logger);
    file.write({ boot: 'another', host: stranger, guardian: stranger, trees: [{ ...stranger, kind: 'process-group' }] });
    takeName(folder.path, 'w', logger);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isAlive(stranger)).toBe(true);
    await folder.remove();
  });

  it('starts afresh on a record that cannot be read, and clears its own', async () => {
    const folder = await tempDir();
    const file = new IncarnationFile(folder.path, 'w');
    await writeFile(join(folder.path, 'hosts', 'w.json'), '{"boot":');
    const incarnation = takeName(folder.path, 'w', logger);
    expect(file.read()).toMatchObject({ host: { pid: process.pid } });
    incarnation.clear();
    expect(file.read()).toBeUndefined();
    await folder.remove();
  });
});
