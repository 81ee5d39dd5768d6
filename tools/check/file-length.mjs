const MOST_LINES = 400;

/** Source files that are too long to be read in one go. */
export function checkFileLength({ files }) {
  return files
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => ({
      file: path,
      line: MOST_LINES + 1,
      message: `has ${lines} lines, ${MOST_LINES} at most`,
      hint: 'split it by responsibility; under 200 is usual',
    }));
}
