import { ScreenStore, SessionLogReader } from '@berth/log';
import type { LoggedSession, connectLog } from '@berth/log';
import { Viewer } from '@berth/screen/testing';

/** What somebody sees who comes now: the newest checkpoint, if the log does not go back further, then the log. */
export interface LateTerminal {
  terminal: Viewer;
  /** Offset up to which there was output. */
  end: number;
  /** Offset of the checkpoint; undefined when there was none that the log goes on from. */
  screenAt: number | undefined;
  /** Bytes that were missing between the checkpoint and the end. */
  missing: number;
}

/** Reads all of a session as it is kept in Redis; 80 x 24. */
export async function lateTerminal(redis: ReturnType<typeof connectLog>, session: LoggedSession): Promise<LateTerminal> {
  const reader = new SessionLogReader(redis);
  const terminal = new Viewer({ cols: 80, rows: 24, scrollback: 1_000 });
  const screen = await new ScreenStore(redis).newest(session);
  let end = 0;
  let missing = 0;
  if (screen) {
    terminal.resize(screen.cols, screen.rows);
    terminal.write(screen.serialized);
    end = screen.offset;
  }
  for (;;) {
    const items = await reader.read(session, { from: end, max: 1024 * 1024 });
    if (items.length === 0) return { terminal, end, screenAt: screen?.offset, missing };
    for (const item of items) {
      if (item.type === 'size') terminal.resize(item.cols, item.rows);
      else if (item.type === 'bytes') terminal.write(item.bytes);
      else missing += item.to - item.from;
      if (item.type !== 'size') end = item.type === 'gap' ? item.to : item.offset + item.bytes.length;
    }
  }
}
