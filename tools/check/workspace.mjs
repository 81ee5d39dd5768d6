import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readSource } from './source-file.mjs';

const SOURCES = '**/*.{ts,tsx,mts,mjs,js}';
const NOT_OURS = ['**/node_modules/**', '**/dist/**', '**/generated/**', '.data/**', '.nx/**', '.git/**'];

function json(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function readTsconfig(folder, { compilerOptions, references = [] }) {
  const bundled = compilerOptions?.noEmit === true;
  return { bundled, references: bundled ? undefined : references.map(({ path }) => posix.join(folder, path)) };
}

function readProject(root, folder) {
  const manifest = json(join(root, folder, 'package.json'));
  const tsconfig = join(root, folder, 'tsconfig.json');
  const readme = join(root, folder, 'README.md');
  return {
    folder,
    name: manifest.name,
    tags: manifest.nx?.tags ?? [],
    dependencies: manifest.dependencies ?? {},
    devDependencies: manifest.devDependencies ?? {},
    optionalDependencies: manifest.optionalDependencies ?? {},
    // A project that TypeScript does not build (a bundler does) takes no part in its references.
    ...(existsSync(tsconfig) ? readTsconfig(folder, json(tsconfig)) : {}),
    readmeLines: existsSync(readme) ? readFileSync(readme, 'utf8').trimEnd().split('\n').length : undefined,
  };
}

/**
 * The workspace as plain data, so that every rule is a function that a spec can feed: `{ root: project, projects, files }`; each file knows its
 * `project` (undefined for tools and root files).
 */
export function readWorkspace(root) {
  const rootProject = readProject(root, '.');
  const patterns = json(join(root, 'package.json')).workspaces.map((each) => `${each}/package.json`);
  const folders = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).map((path) => posix.dirname(path));
  const projects = folders.sort().map((folder) => readProject(root, folder));
  const files = globSync(SOURCES, { cwd: root, exclude: NOT_OURS })
    .sort()
    .map((path) => ({
      ...readSource(path, readFileSync(join(root, path), 'utf8')),
      project: projects.find(({ folder }) => path.startsWith(`${folder}/`)),
    }));
  return { root: rootProject, projects, files };
}

/** Whether a file is no part of the product: specs, e2e, what exists only to help them, a project's build configuration. */
export function isSupportCode({ path, project }) {
  const isTest = /\.(spec|e2e)\.\w+$/.test(path) || /\/src\/(.+\/)?testing\//.test(path);
  const isConfiguration = path === `${project?.folder}/${path.split('/').at(-1)}` && /\.config\.\w+$/.test(path);
  return isTest || isConfiguration || ['layer:e2e', 'layer:testing'].some((tag) => project?.tags.includes(tag));
}

/** `@scope/name` or `name` of a bare specifier; undefined for relative ones and Node's own. */
export function packageOf(specifier) {
  if (/^(\.|\/|node:)/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
