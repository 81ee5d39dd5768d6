import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from './find-program.js';

describe('findProgram', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-find-'));
    await mkdir(join(folder, 'bin', 'sub'), { recursive: true });
    await writeFile(join(folder, 'bin', 'tool'), '');
    await chmod(join(folder, 'bin', 'tool'), 0o755);
    await writeFile(join(folder, 'bin', 'text'), '', { mode: 0o644 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('finds a plain name through PATH, in order', async () => {
    expect(await findProgram('tool', `/nonexistent:${folder}/bin`, '/')).toEqual({ path: join(folder, 'bin', 'tool') });
  });

  it('takes a name with a slash from the working directory and never from PATH', async () => {
    expect(await findProgram('./bin/tool', '', folder)).toEqual({ path: join(folder, 'bin', 'tool') });
    expect(await findProgram('./tool', `${folder}/bin`, folder)).toEqual({ failure: 'no such program' });
  });

  it('says why a program cannot be started', async () => {
    expect(await findProgram('nope', `${folder}/bin`, '/')).toEqual({ failure: 'no such program' });
    expect(await findProgram('text', `${folder}/bin`, '/')).toEqual({ failure: 'it is not executable' });
    expect(await findProgram(join(folder, 'bin', 'sub'), '', '/')).toEqual({ failure: 'it is a folder' });
  });
});
