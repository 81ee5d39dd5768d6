import type { AppProcess } from './app-process.js';
import { eventually, within } from './eventually.js';

const LISTENING = /^Debugger listening on (ws:\/\/127\.0\.0\.1:\S+)$/gm;
const MEASURE = '(({ heapUsed, external }) => (heapUsed + external) / 2 ** 20)(process.memoryUsage())';
const ANSWER_MS = 10_000;

/**
 * MiB that a gateway or worker really holds, its heap and buffers after a full collection. Its resident memory says less: V8 lets garbage lie until
 * the heap has grown by its own measure, more than 100 MiB after a while of many short connections.
 */
export async function liveMiB(app: AppProcess): Promise<number> {
  app.signal('SIGUSR1');
  const url = await eventually(() => [...app.log().matchAll(LISTENING)].at(-1)?.[1], { what: `${app.name} can be inspected` });
  const inspector = await Inspector.open(url);
  try {
    // Twice: what finalizers let go is garbage only then.
    await inspector.call('HeapProfiler.collectGarbage');
    await inspector.call('HeapProfiler.collectGarbage');
    const { result } = await inspector.call('Runtime.evaluate', { expression: MEASURE });
    return (result as { value: number }).value;
  } finally {
    inspector.close();
  }
}

/** The few calls of the Chrome DevTools protocol that this needs. */
class Inspector {
  private lastId = 0;

  private constructor(private readonly socket: WebSocket) {}

  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    const opened = new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`nobody answers at ${url}`)));
    });
    await within(ANSWER_MS, 'the inspector is open', opened);
    return new Inspector(socket);
  }

  call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
      const hear = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: Record<string, unknown>; error?: { message: string } };
        if (answer.id !== id) return;
        this.socket.removeEventListener('message', hear);
        if (answer.result) resolve(answer.result);
        else reject(new Error(`${method}: ${answer.error?.message ?? 'no result'}`));
      };
      this.socket.addEventListener('message', hear);
    });
    this.socket.send(JSON.stringify({ id, method, params }));
    return within(ANSWER_MS, `${method} is answered`, answered);
  }

  close(): void {
    this.socket.close();
  }
}
