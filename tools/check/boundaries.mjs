import { checkEnvironment } from './environment.mjs';
import { checkFileLength } from './file-length.mjs';
import { checkImports } from './imports.mjs';
import { checkLayers } from './layers.mjs';
import { checkReadmes, checkReferences, checkVersions } from './manifests.mjs';
import { readWorkspace } from './workspace.mjs';

const RULES = [checkLayers, checkImports, checkEnvironment, checkVersions, checkReferences, checkReadmes, checkFileLength];

/** Every violation of the workspace's own rules, `{ file, line, message, hint }`, sorted by place. */
export function checkBoundaries(root) {
  const workspace = readWorkspace(root);
  return RULES.flatMap((rule) => rule(workspace)).sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** `file:line: what is wrong (what to do)`, one a line. */
export function reportViolations(violations) {
  return violations.map(({ file, line, message, hint }) => `${file}:${line}: ${message} (${hint})`).join('\n');
}
