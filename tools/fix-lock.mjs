// Some registries (mirrors) lack the optional packages of other platforms; npm then writes a lockfile that `npm ci` refuses
// ("Missing: x@ from lock file"). Adds the missing optional entries, with os/cpu/libc read from their names, so that they are skipped.
import { readFileSync, writeFileSync } from 'node:fs';
const file = 'package-lock.json'; /* of the current directory */
const lock = JSON.parse(readFileSync(file));
const P = lock.packages;
let n = 0;
const OS = {
  darwin: 'darwin',
  linux: 'linux',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  android: 'android',
  sunos: 'sunos',
  aix: 'aix',
  openharmony: 'openharmony',
  wasm32: 'wasi',
  wasi: 'wasi',
};
const CPU = ['arm64', 'x64', 'arm', 'ia32', 'x86', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];
for (const [at, p] of Object.entries(P))
  for (const [name, spec] of Object.entries(p.optionalDependencies ?? {})) {
    const found = () => {
      let d = at;
      for (;;) {
        if (P[(d ? d + '/' : '') + 'node_modules/' + name]) return true;
        if (!d) return false;
        const i = d.lastIndexOf('/node_modules/');
        d = i < 0 ? '' : d.slice(0, i);
      }
    };
    if (found()) continue;
    const t = name.split('/').pop().split('-');
    const os = t.map((x) => OS[x]).find(Boolean);
    if (!os) {
      console.warn('cannot place', name);
      continue;
    }
    const cpu =
      CPU.find((c) => t.includes(c) || t.includes(c.replace('ppc64', 'ppc64le'))) ??
      (t.some((x) => x.startsWith('arm')) ? 'arm' : undefined);
    P['node_modules/' + name] = {
      version: spec.replace(/^[\^~]/, ''),
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(os === 'linux' ? { libc: [t.some((x) => x.startsWith('musl')) ? 'musl' : 'glibc'] } : {}),
      optional: true,
      os: [os],
    };
    n++;
  }
lock.packages = Object.fromEntries(Object.entries(P).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
console.log(`${n} optional entries added`);
