const WIDTH = 10;

// A reader that went away (`npm start | head`) must not end us without a clean stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** One progress line on stdout: what is being worked on, then what happens to it. */
export function say(phase, text) {
  process.stdout.write(`${phase.padEnd(WIDTH)} ${text}\n`);
}

/** One line on stderr about something that went wrong but is being dealt with. */
export function warn(phase, text) {
  process.stderr.write(`${phase.padEnd(WIDTH)} ${text}\n`);
}

/** The one line of an error that ends the command, with its details (if any) below it. */
export function sayError(message, detail = '') {
  process.stderr.write(`berth: ${message}\n`);
  if (detail) process.stderr.write(`${detail.replace(/^/gm, '  ')}\n`);
}
