import { describe, expect, it } from 'vitest';
import { charsetFlag, missingFrom, openTerminal } from './xterm-core.js';

describe('what is read of xterm’s inside', () => {
  it('is there; when an upgrade moves it, opening a terminal fails and names it', () => {
    expect(() => openTerminal({ cols: 80, rows: 24, scrollback: 1000 })).not.toThrow();
    expect(missingFrom({ a: { b: 1 } }, { 'a.b': 'number', 'a.c': 'function', 'x.y': 'object' })).toEqual(['a.c', 'x.y']);
  });

  it('means what the serializer takes it for', () => {
    const { core } = openTerminal({ cols: 10, rows: 3, scrollback: 5 });
    const write = (text: string) => core._inputHandler.parse(new TextEncoder().encode(text));
    write('a語e\u0301\x1b[1;4:3;38;5;9;48;2;1;2;3;58;5;7mx');
    const line = core.buffers.normal.lines.get(0);
    expect([0, 1, 2, 3, 4].map((column) => [line?.getWidth(column), line?.getString(column)])).toEqual([
      [1, 'a'],
      [2, '語'],
      [0, ''],
      [1, 'e\u0301'],
      [1, 'x'],
    ]);
    expect([line?.getFg(4), line?.getBg(4), line?.getBg(0)]).toEqual([0x1a00_0009, 0x1301_0203, 0]);
    expect(line?._extendedAttrs[4]?._ext).toBe((3 << 26) | 0x0200_0007);
    expect(core._inputHandler._parser.precedingJoinState >> 1).toBe(1);
    write('\x1b[2;3r\x1b[2;4H\x1b7\x1b[3g\x1bH\x1b[?25l\x1b[4h\x1b[?6;1002;1006h');
    expect(core.buffers.active).toMatchObject({ scrollTop: 1, scrollBottom: 2, savedX: 3, savedY: 1, tabs: { 3: true } });
    expect(core.coreService).toMatchObject({ isCursorHidden: true, modes: { insertMode: true }, decPrivateModes: { origin: true } });
    expect(core.coreMouseService).toMatchObject({ activeProtocol: 'DRAG', activeEncoding: 'SGR' });
    expect(core._inputHandler._parser.precedingJoinState).toBe(0);
  });

  it('tells the character sets apart', () => {
    const { core } = openTerminal({ cols: 10, rows: 3, scrollback: 5 });
    const flags = ['0', 'A', '4', 'R', 'Q', 'K', 'Y', 'E', 'Z', 'H', '=', 'B'].map((flag) => {
      core._inputHandler.parse(new TextEncoder().encode(`\x1b(${flag}`));
      return charsetFlag(core._charsetService.charset);
    });
    expect(flags.join('')).toBe('0A4RQKYEZH=B');
  });
});
