import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const Process = z.object({ pid: z.int().min(1), startTime: z.int() });

/** What one incarnation of a worker runs, so that the next one can end whatever is left of it. */
export const IncarnationRecord = z.object({
  /** Boot of the machine; start times of another boot mean nothing. */
  boot: z.string(),
  host: Process,
  guardian: Process.optional(),
  trees: z.array(Process.extend({ kind: z.enum(['pid-namespace', 'user-namespace', 'process-group']) })),
});
export type IncarnationRecord = z.infer<typeof IncarnationRecord>;

/** The record of a worker's name on this machine. Written whole before a session may do anything, read by the next incarnation. */
export class IncarnationFile {
  private readonly path: string;

  constructor(dataDir: string, hostName: string) {
    this.path = join(dataDir, 'hosts', `${hostName}.json`);
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
  }

  /** The last record; undefined when there is none or it cannot be read as one. */
  read(): IncarnationRecord | undefined {
    try {
      return IncarnationRecord.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  write(record: IncarnationRecord): void {
    const draft = `${this.path}.${String(process.pid)}`;
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    renameSync(draft, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
