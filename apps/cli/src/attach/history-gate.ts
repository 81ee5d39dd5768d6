import type { InputPath } from './input-path.js';
import type { LocalTerminal } from './local-terminal.js';
import { ASK_FOR_SIGN_OF_LIFE } from './terminal-answers.js';

/** A terminal that does not answer by then, over a slow network too, never will. */
const SIGN_OF_LIFE_MS = 5_000;

/**
 * Output from before this terminal was attached is shown again, queries included, and the terminal types its answers: to questions that were answered
 * long ago, into a program that asks nothing now. So answers are dropped until all of history has been shown, and then until the terminal has answered
 * a question of ours, which comes after them.
 */
export class HistoryGate {
  private end: number | undefined;
  private asking = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly terminal: LocalTerminal,
    private readonly input: InputPath,
  ) {}

  /** `head`: where history ends; of the first connection alone, for what came while it was cut nobody has answered. */
  attached(head: number): void {
    if (this.end !== undefined) return;
    this.end = head;
    if (head === 0 || !this.terminal.answers || !this.input.mayType) return;
    this.input.filter.dropAnswers({ untilSignOfLife: false });
  }

  output(offset: number, data: Uint8Array, done: () => void): void {
    const end = this.end ?? 0;
    const history = end - offset;
    if (history <= 0) {
      this.terminal.write(data, () => {
        done();
        this.settle();
      });
    } else if (history >= data.length) {
      this.terminal.write(data, () => {
        done();
        if (offset + data.length === end) this.shown();
      });
    } else {
      this.terminal.write(data.subarray(0, history), () => this.shown());
      this.terminal.write(data.subarray(history), done);
    }
  }

  /** History up to here is not to be had. */
  skippedTo(offset: number): void {
    if (this.end !== undefined && this.end > 0 && offset >= this.end) this.shown();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private shown(): void {
    const { filter } = this.input;
    if (!filter.dropsAnswers) return;
    if (this.terminal.tracker.queries === 0) return filter.passAnswers();
    this.asking = true;
    this.settle();
  }

  /** Asks as soon as the question does not fall into the middle of something. */
  private settle(): void {
    if (!this.asking || !this.terminal.tracker.ground) return;
    this.asking = false;
    const { filter } = this.input;
    filter.dropAnswers({ untilSignOfLife: true });
    this.terminal.say(ASK_FOR_SIGN_OF_LIFE);
    this.timer = setTimeout(() => filter.passAnswers(), SIGN_OF_LIFE_MS);
  }
}
