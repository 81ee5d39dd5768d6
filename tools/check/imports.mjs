import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { isSupportCode, packageOf } from './workspace.mjs';

/** One vendor, one owner: folders whose product code may import a package. Test code may import what its project declares. */
const OWNERS = [
  { packages: /^(@prisma\/.*|prisma|pg)$/, owners: ['libs/store'] },
  { packages: /^ioredis$/, owners: ['libs/bus', 'libs/log', 'libs/queue'] },
  { packages: /^bullmq$/, owners: ['libs/queue'] },
  { packages: /^(@lydell\/node-pty.*|@anthropic-ai\/claude-agent-sdk)$/, owners: ['libs/runner'] },
  { packages: /^@nestjs\//, owners: ['apps/gateway', 'apps/worker'] },
];

const BUILT_IN = new Set(builtinModules);
const ROOT_FOLDERS = /^(tools|prisma)\//;

function checkRelative({ path, project }, { specifier, line }) {
  const target = posix.join(posix.dirname(path), specifier);
  const home = project?.folder ?? (ROOT_FOLDERS.exec(path)?.[1] || '');
  const inside = home === '' ? !/^(apps|libs|e2e)\//.test(target) : target === home || target.startsWith(`${home}/`);
  // Tools share the root; only projects have walls.
  if (inside || (!project && !/^(apps|libs|e2e)\//.test(target))) return [];
  return [
    {
      file: path,
      line,
      message: `imports ${specifier}, a file of another project`,
      hint: 'import the project by its package name, from its index',
    },
  ];
}

function checkDeclared(file, { specifier, line }, root) {
  const name = packageOf(specifier);
  if (!name || BUILT_IN.has(name)) return [];
  const { project } = file;
  const declaring = project ?? root;
  const test = isSupportCode(file) || !project;
  const declared = {
    ...declaring.dependencies,
    ...(project ? {} : declaring.optionalDependencies),
    ...(test ? { ...declaring.devDependencies, ...root.devDependencies } : {}),
  };
  // A package may import itself by name.
  if (name in declared || name === declaring.name) return [];
  const where = `${declaring.folder === '.' ? '' : `${declaring.folder}/`}package.json`;
  const inDev = name in declaring.devDependencies;
  const message = inDev
    ? `product code imports ${name}, which is declared for tests alone`
    : `imports ${name}, which ${where} does not declare`;
  return [
    { file: file.path, line, message, hint: `declare it under "${test ? 'devDependencies' : 'dependencies'}" of ${where}, or do without` },
  ];
}

function checkOwner(file, { specifier, line }) {
  if (isSupportCode(file) || !file.project) return [];
  const name = packageOf(specifier);
  const rule = name && OWNERS.find(({ packages }) => packages.test(name));
  if (!rule || rule.owners.includes(file.project.folder)) return [];
  return [
    {
      file: file.path,
      line,
      message: `imports ${name}, which belongs to ${rule.owners.join(', ')}`,
      hint: 'use what its owner exports; a vendor has one owner',
    },
  ];
}

function checkBrowser(file, { specifier, line }) {
  if (isSupportCode(file) || !file.project?.tags.includes('platform:browser')) return [];
  if (!specifier.startsWith('node:') && !BUILT_IN.has(specifier.split('/')[0])) return [];
  return [
    {
      file: file.path,
      line,
      message: `imports ${specifier} in a project that runs in browsers`,
      hint: 'use the web’s own (Uint8Array, crypto.subtle, WebSocket)',
    },
  ];
}

function checkTestOnly(file, { specifier, line }) {
  if (isSupportCode(file) || !file.project || !/(\.spec\.js|\/testing\/|^\.\/testing\/)/.test(specifier)) return [];
  return [
    { file: file.path, line, message: `product code imports test code (${specifier})`, hint: 'move what both need out of the test code' },
  ];
}

/** Imports that cross a project's walls, are undeclared, take a vendor from its owner or break the browser. */
export function checkImports({ root, files }) {
  return files.flatMap((file) =>
    file.imports.flatMap((each) =>
      each.specifier.startsWith('.')
        ? [...checkRelative(file, each), ...checkTestOnly(file, each)]
        : [...checkDeclared(file, each, root), ...checkOwner(file, each), ...checkBrowser(file, each)],
    ),
  );
}
