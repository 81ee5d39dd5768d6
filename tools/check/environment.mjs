import { isSupportCode } from './workspace.mjs';

const READER = /^apps\/[^/]+\/src\/env\.ts$/;
/** What tests may read: the services that `npm test` gives them, and where programs are. */
const FOR_TESTS = /^(BERTH_TEST_\w+|PATH)$/;

/** `process.env` outside of an app's `env.ts`; test code may read BERTH_TEST_* and PATH. */
export function checkEnvironment({ files }) {
  return files.flatMap((file) => {
    if (!file.project || file.project.tags.includes('layer:e2e') || READER.test(file.path)) return [];
    const allowed = ({ names }) => isSupportCode(file) && names.length > 0 && names.every((name) => FOR_TESTS.test(name));
    return file.environmentReads
      .filter((read) => !allowed(read))
      .map(({ line, names }) => ({
        file: file.path,
        line,
        message: `reads process.env${names.length > 0 ? `.${names.join(' or ')}` : ''}`,
        hint: isSupportCode(file) ? 'tests read BERTH_TEST_* and PATH alone' : 'read it in the app’s src/env.ts and pass the value on',
      }));
  });
}
