import { styleText } from 'node:util';
import { plainJson } from './plain-text.js';

type Style = Parameters<typeof styleText>[0];

/** Where a command's answer goes: data to stdout, as text or as JSON; what is said about it to stderr. */
export class Output {
  /** `json`: data in the shape of the REST interface instead of text. */
  constructor(readonly json: boolean) {}

  /** Columns that a line may take; Infinity where nobody looks at lines. */
  get room(): number {
    return process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** Whether a person looks at what stdout shows. */
  get shown(): boolean {
    return process.stdout.isTTY;
  }

  /** The answer: `value` when JSON was asked for, else the text. */
  data(value: unknown, text: () => string): void {
    const answer = this.json ? plainJson(value) : text();
    if (answer !== '') process.stdout.write(`${answer}\n`);
  }

  /** Something that was done, for people; not part of the answer. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Coloured where a terminal shows it and NO_COLOR is not set. */
  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }
}
