import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Claude Code's program with the folder that holds it, or why there is none: one line that says what to do. */
export type FoundClaude = { path: string; folder: string } | { failure: string };

const SDK = '@anthropic-ai/claude-agent-sdk';

/** Packages that may carry the program for a machine, the likeliest first. npm installs the one that fits. */
export function platformPackages(platform: string, arch: string, libc: 'glibc' | 'musl' = 'glibc'): string[] {
  const plain = `${SDK}-${platform}-${arch}`;
  if (platform !== 'linux') return [plain];
  return libc === 'musl' ? [`${plain}-musl`, plain] : [plain, `${plain}-musl`];
}

/** Which C library this Node runs on; the report names glibc's version, and musl has none to name. */
function readLibc(): 'glibc' | 'musl' {
  // The types of Node 24 do not know the switch.
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  // Else it asks the name server about the other end of every connection, and everything waits for it.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before;
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

let packagesHere: string[] | undefined;
const packagesForHere = (): string[] =>
  (packagesHere ??= platformPackages(process.platform, process.arch, process.platform === 'linux' ? readLibc() : 'glibc'));

/** Where modules are looked for: from here, and from the SDK, whose dependency the platform's package is. */
function resolvers(): ((id: string) => string)[] {
  const here = createRequire(import.meta.url);
  try {
    return [here.resolve, createRequire(here.resolve(SDK)).resolve];
  } catch {
    return [here.resolve];
  }
}

function resolveProgram(name: string): string | undefined {
  const file = process.platform === 'win32' ? 'claude.exe' : 'claude';
  for (const resolve of resolvers()) {
    try {
      return resolve(`${name}/${file}`);
    } catch {
      // Not installed as far as this one can see.
    }
  }
  return undefined;
}

/** Finds the CLI that the Agent SDK brings along for this machine, in the first of these packages that is there. Looks at the disk at each call. */
export function findClaude(packages: readonly string[] = packagesForHere()): FoundClaude {
  for (const name of packages) {
    const path = resolveProgram(name);
    if (path === undefined) continue;
    try {
      accessSync(path, constants.X_OK);
      return { path, folder: dirname(path) };
    } catch {
      return { failure: `Claude Code cannot be started: ${path} is not executable; install the dependencies again (npm ci)` };
    }
  }
  return {
    failure: `Claude Code is not installed: the package ${packages[0] ?? SDK} is missing; install the dependencies again without leaving out optional ones (npm ci --include=optional)`,
  };
}
