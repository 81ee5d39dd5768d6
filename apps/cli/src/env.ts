import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EnvSource } from '@berth/env';
import { readEnv, variable } from '@berth/env';
import { z } from 'zod';

const text = z.string();
const folder = z.string().startsWith('/', 'an absolute path');

const CliVariables = z.object({
  BERTH_SERVER: variable.urlOf('http', 'https').optional(),
  BERTH_CONFIG_DIR: folder.optional(),
  BERTH_DETACH_KEY: text.optional(),
  XDG_CONFIG_HOME: text.optional(),
  TERM: text.optional(),
  LC_ALL: text.optional(),
  LC_CTYPE: text.optional(),
  LANG: text.optional(),
});

/** Settings of the command line. */
export interface CliEnv {
  /** Server to talk to unless told otherwise. */
  server: string | undefined;
  /** Folder of the credentials. */
  configDir: string;
  /** Keys that detach, as `--detach-key` takes them. */
  detachKey: string | undefined;
  /** Kind of terminal. */
  term: string | undefined;
  /** The locale that decides about the encoding of text. */
  locale: string | undefined;
}

/** Settings of the command line; throws an `EnvError` that names every bad variable. */
export function readCliEnv(source: EnvSource = process.env): CliEnv {
  const read = readEnv(CliVariables, source);
  // A relative XDG_CONFIG_HOME is to be ignored, says its specification.
  const base = read.XDG_CONFIG_HOME?.startsWith('/') ? read.XDG_CONFIG_HOME : join(homedir(), '.config');
  return {
    server: read.BERTH_SERVER,
    configDir: read.BERTH_CONFIG_DIR ?? join(base, 'berth'),
    detachKey: read.BERTH_DETACH_KEY,
    term: read.TERM,
    locale: read.LC_ALL ?? read.LC_CTYPE ?? read.LANG,
  };
}
