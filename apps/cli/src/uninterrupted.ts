const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` to its end; a signal that comes meanwhile ends the process after it. */
export async function uninterrupted<T>(work: () => Promise<T>): Promise<T> {
  let came: NodeJS.Signals | undefined;
  const hold = (signal: NodeJS.Signals): void => {
    came ??= signal;
  };
  for (const signal of ENDING) process.on(signal, hold);
  try {
    return await work();
  } finally {
    for (const signal of ENDING) process.off(signal, hold);
    if (came) process.kill(process.pid, came);
  }
}
