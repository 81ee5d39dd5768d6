import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Generates the Prisma client of libs/store. The engine that Prisma would download is served from npm packages: see prisma/prisma.config.ts.
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const prisma = join(root, 'node_modules', 'prisma', 'build', 'index.js');
const env = { ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' };

const child = spawn(process.execPath, [prisma, 'generate', '--config', 'prisma/prisma.config.ts'], { cwd: root, env, stdio: 'inherit' });
child.on('error', (error) => {
  console.error(`prisma generate could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
