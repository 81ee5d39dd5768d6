import { createWriteStream } from 'node:fs';
import { warn } from '../lib/say.mjs';
import { rotateLog } from '../services/log-tail.mjs';

/** What an operator is shown, by pino's names and numbers; what is less goes to the log file alone. */
const LEVELS = new Map([
  ['warn', 'warning'],
  ['error', 'error'],
  ['fatal', 'fatal'],
  [40, 'warning'],
  [50, 'error'],
  [60, 'fatal'],
]);
/** A line longer than this is cut in the terminal; the file has all of it. */
const SHOWN = 300;

/** What a log line is worth showing in the terminal: undefined (nothing), or a text. Lines that are not pino's are shown as they are. */
export function worthShowing(line) {
  if (!line.startsWith('{')) return line.trim() ? line : undefined;
  try {
    const { level, msg, err } = JSON.parse(line);
    if (!LEVELS.has(level)) return undefined;
    return `${LEVELS.get(level)}: ${[msg, err?.message].filter(Boolean).join(': ')}`.slice(0, SHOWN);
  } catch {
    return line.slice(0, SHOWN);
  }
}

/** Writes an app's output to its log file and shows what an operator should see. */
export class AppOutput {
  constructor(name, logFile, { verbose }) {
    this.name = name;
    this.verbose = verbose;
    rotateLog(logFile);
    this.file = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
    // A full disk costs the log, not the service.
    this.file.on('error', () => {});
  }

  follow(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      this.file.write(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop().slice(-64 * 1024);
      for (const line of lines) this.#line(line);
    });
  }

  #line(line) {
    const text = this.verbose ? line : worthShowing(line);
    if (text !== undefined) warn(this.name, text);
  }

  close() {
    this.file.end();
  }
}
