import type { ByteSocket } from '@berth/client';
import type { DetachKeys } from './detach-keys.js';
import { KeyFilter } from './key-filter.js';
import type { LocalTerminal } from './local-terminal.js';

/** A terminal sends the bytes of one key together; a connection in between may cut them. */
const SEQUENCE_MS = 20;
/** Long enough to find the second key, short enough to still mean the first. */
const KEYS_MS = 1_000;
/** More than this waiting for the server: the keyboard is not read on. */
const HIGH_MARK = 1024 * 1024;
const LOOK_MS = 20;
/** Those who watch leave as from any program that only shows. */
const INTERRUPT: DetachKeys = [{ char: 'c', ctrl: true }];

/** From the keyboard to the session. */
export class InputPath {
  readonly filter: KeyFilter;
  /** Whether what is typed reaches the program; those who may not only watch. */
  mayType: boolean;
  private readonly interrupt = new KeyFilter(INTERRUPT);
  private timer: NodeJS.Timeout | undefined;
  private holding: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: ByteSocket,
    private readonly terminal: LocalTerminal,
    private readonly options: { keys: DetachKeys; watch: boolean; detach: () => void },
  ) {
    this.filter = new KeyFilter(options.keys);
    this.mayType = !options.watch;
  }

  /** Bytes from the keyboard's side. */
  typed(bytes: Uint8Array): void {
    clearTimeout(this.timer);
    const { forward, detach } = this.filter.feed(bytes);
    this.send(forward);
    if (detach) return this.options.detach();
    const { holds } = this.filter;
    if (holds) this.timer = setTimeout(() => this.send(this.filter.flush()), holds === 'keys' ? KEYS_MS : SEQUENCE_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.holding);
  }

  private send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!this.mayType) {
      if (this.interrupt.feed(bytes).detach) this.options.detach();
      return;
    }
    if (!this.socket.send(bytes)) this.terminal.say('\u0007');
    if (this.socket.pendingInput > HIGH_MARK) this.hold();
  }

  /** A paste larger than the session takes at once: the rest waits in the terminal. */
  private hold(): void {
    this.terminal.holdInput(true);
    clearTimeout(this.holding);
    this.holding = setTimeout(() => {
      if (this.socket.pendingInput > HIGH_MARK / 2) this.hold();
      else this.terminal.holdInput(false);
    }, LOOK_MS);
  }
}
