import headless, { type Terminal } from '@xterm/headless';

/** Lines kept above the screen unless told otherwise: what the browser's terminal keeps. */
export const DEFAULT_SCROLLBACK_LINES = 1000;

/** Combining marks beyond this many UTF-16 units are not kept in a cell, so that memory stays bounded. */
const COMBINED_MAX_UNITS = 64;

/**
 * Options that decide what bytes do to a screen; a terminal that shows a checkpoint must be opened with the same ones. `logLevel` keeps xterm from
 * printing each malformed sequence.
 */
export const TERMINAL_OPTIONS = {
  allowProposedApi: true,
  convertEol: false,
  logLevel: 'off',
  reflowCursorLine: false,
  scrollOnEraseInDisplay: false,
  tabStopWidth: 8,
  windowOptions: {},
  windowsMode: false,
  windowsPty: {},
} as const;

/** Underline style, underline colour and link of a cell or pen; `_ext` packs style (bits 26-28) and colour (bits 0-25). */
export interface CoreExtended {
  readonly _ext: number;
  readonly urlId: number;
}

/** Attributes that a program has set for what it prints next. */
export interface CoreAttributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: CoreExtended;
}

export interface CoreLine {
  readonly length: number;
  readonly isWrapped: boolean;
  readonly _extendedAttrs: Readonly<Record<number, CoreExtended | undefined>>;
  getWidth(column: number): number;
  getString(column: number): string;
  getFg(column: number): number;
  getBg(column: number): number;
}

export interface CoreBuffer {
  readonly lines: { readonly length: number; readonly maxLength: number; get(index: number): CoreLine | undefined };
  readonly x: number;
  readonly y: number;
  readonly ybase: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: { readonly fg: number; readonly bg: number };
  readonly savedCharset: CoreCharset | undefined;
}

export type CoreCharset = Readonly<Record<string, string | undefined>>;

interface CoreColorChange {
  /** 0 asks, 1 sets, 2 restores. */
  readonly type: number;
  readonly index?: number;
  readonly color?: readonly [number, number, number];
}

interface CoreParams {
  readonly params: readonly number[];
  readonly length: number;
}

/** The parts of xterm's core that its public interface does not show. Read, never written, except through its methods. */
export interface XtermCore {
  readonly cols: number;
  readonly rows: number;
  readonly buffers: { readonly normal: CoreBuffer; readonly alt: CoreBuffer; readonly active: CoreBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: {
      readonly applicationCursorKeys: boolean;
      readonly applicationKeypad: boolean;
      readonly bracketedPasteMode: boolean;
      readonly cursorBlink: boolean | undefined;
      readonly cursorStyle: 'block' | 'underline' | 'bar' | undefined;
      readonly origin: boolean;
      readonly reverseWraparound: boolean;
      readonly sendFocus: boolean;
      readonly synchronizedOutput: boolean;
      readonly wraparound: boolean;
    };
  };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly optionsService: {
    readonly rawOptions: { readonly convertEol: boolean; readonly cursorBlink: boolean; readonly scrollback: number };
  };
  readonly _charsetService: {
    readonly charset: CoreCharset | undefined;
    readonly glevel: number;
    readonly _charsets: readonly (CoreCharset | undefined)[];
  };
  readonly _oscLinkService: {
    readonly _dataByLinkId: ReadonlyMap<number, unknown>;
    getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined;
  };
  readonly _inputHandler: {
    readonly _windowTitle: string;
    readonly _iconName: string;
    readonly _curAttrData: CoreAttributes;
    readonly _parser: { readonly currentState: number; readonly precedingJoinState: number; reset(): void };
    /** Parses before it returns. */
    parse(data: Uint8Array): unknown;
    readonly onColor: (listener: (changes: readonly CoreColorChange[]) => void) => unknown;
    _finishHyperlink(): boolean;
    eraseInDisplay(params: CoreParams, respectProtection: boolean): boolean;
    scrollUp(params: CoreParams): boolean;
    scrollDown(params: CoreParams): boolean;
    insertLines(params: CoreParams): boolean;
    deleteLines(params: CoreParams): boolean;
    cursorForwardTab(params: CoreParams): boolean;
    cursorBackwardTab(params: CoreParams): boolean;
    repeatPrecedingCharacter(params: CoreParams): boolean;
  };
}

/** What this file relies on, by path and type; {@link openTerminal} refuses an xterm in which one is missing. */
const SHAPE: Readonly<Record<string, string>> = {
  '_inputHandler.parse': 'function',
  'buffers.normal.lines.get': 'function',
  'buffers.normal.lines.maxLength': 'number',
  'buffers.normal.ybase': 'number',
  'buffers.alt.scrollBottom': 'number',
  'buffers.active.tabs': 'object',
  'buffers.active.savedX': 'number',
  'buffers.active.savedY': 'number',
  'buffers.active.savedCurAttrData.fg': 'number',
  'buffers.active.savedCharset': 'undefined',
  'coreService.isCursorHidden': 'boolean',
  'coreService.modes.insertMode': 'boolean',
  'coreService.decPrivateModes.origin': 'boolean',
  'coreService.decPrivateModes.synchronizedOutput': 'boolean',
  'coreService.decPrivateModes.wraparound': 'boolean',
  'coreMouseService.activeProtocol': 'string',
  'coreMouseService.activeEncoding': 'string',
  'optionsService.rawOptions.scrollback': 'number',
  '_charsetService.glevel': 'number',
  '_charsetService._charsets.length': 'number',
  '_oscLinkService.getLinkData': 'function',
  '_oscLinkService._dataByLinkId.size': 'number',
  '_inputHandler._windowTitle': 'string',
  '_inputHandler._iconName': 'string',
  '_inputHandler._curAttrData.fg': 'number',
  '_inputHandler._curAttrData.extended._ext': 'number',
  '_inputHandler._curAttrData.extended.urlId': 'number',
  '_inputHandler._parser.currentState': 'number',
  '_inputHandler._parser.reset': 'function',
  '_inputHandler._parser.precedingJoinState': 'number',
  '_inputHandler.onColor': 'function',
  '_inputHandler._finishHyperlink': 'function',
  '_inputHandler.eraseInDisplay': 'function',
  '_inputHandler.scrollUp': 'function',
  '_inputHandler.scrollDown': 'function',
  '_inputHandler.insertLines': 'function',
  '_inputHandler.deleteLines': 'function',
  '_inputHandler.cursorForwardTab': 'function',
  '_inputHandler.cursorBackwardTab': 'function',
  '_inputHandler.repeatPrecedingCharacter': 'function',
};

const LINE_SHAPE: Readonly<Record<string, string>> = {
  _extendedAttrs: 'object',
  _combined: 'object',
  isWrapped: 'boolean',
  getWidth: 'function',
  getString: 'function',
  getFg: 'function',
  getBg: 'function',
  isCombined: 'function',
  addCodepointToCell: 'function',
};

/** Paths of `shape` that `value` does not have with the type named there. */
export function missingFrom(value: unknown, shape: Readonly<Record<string, string>>): string[] {
  return Object.entries(shape)
    .filter(
      ([path, type]) =>
        typeof path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value) !== type,
    )
    .map(([path]) => path);
}

export interface OpenTerminal {
  readonly terminal: Terminal;
  readonly core: XtermCore;
}

/** A headless terminal together with its core. Throws when this version of xterm is built differently from what is relied upon here. */
export function openTerminal(size: { cols: number; rows: number; scrollback: number }): OpenTerminal {
  const terminal = new headless.Terminal({ ...TERMINAL_OPTIONS, ...size });
  const core = (terminal as unknown as { _core: XtermCore })._core;
  const line = core.buffers?.normal?.lines?.get(0);
  const missing = [...missingFrom(core, SHAPE), ...missingFrom(line, LINE_SHAPE)];
  if (missing.length > 0) throw new Error(`@xterm/headless is not built as expected: ${missing.join(', ')}`);
  boundCombining(line as unknown as CombiningLine);
  return { terminal, core };
}

interface CombiningLine {
  readonly _combined: Readonly<Record<number, string>>;
  isCombined(column: number): number;
  addCodepointToCell(column: number, code: number, width: number): void;
}

const bounded = new WeakSet<object>();

/** Lets no cell of any line take more than {@link COMBINED_MAX_UNITS}: xterm itself appends for ever. Once a process. */
function boundCombining(line: CombiningLine): void {
  const prototype = Object.getPrototypeOf(line) as CombiningLine;
  if (bounded.has(prototype)) return;
  bounded.add(prototype);
  const add = prototype.addCodepointToCell;
  prototype.addCodepointToCell = function addBounded(this: CombiningLine, column: number, code: number, width: number): void {
    if (this.isCombined(column) && (this._combined[column] as string).length >= COMBINED_MAX_UNITS) return;
    add.call(this, column, code, width);
  };
}

/** Final bytes of the designations that xterm knows, US-ASCII aside. */
const DESIGNATIONS = '0A4C5RQKYE6ZH7='.split('');

let flags: ReadonlyMap<CoreCharset, string> | undefined;

/** Final byte of the designation that makes this character set current: `B` for US-ASCII. */
export function charsetFlag(charset: CoreCharset | undefined): string {
  if (charset === undefined) return 'B';
  flags ??= probeCharsets();
  return flags.get(charset) ?? 'B';
}

/** The maps are private to xterm and shared by all terminals: designate each one and look what became current. */
function probeCharsets(): ReadonlyMap<CoreCharset, string> {
  const { terminal, core } = openTerminal({ cols: 2, rows: 1, scrollback: 0 });
  const found = new Map<CoreCharset, string>();
  for (const flag of DESIGNATIONS) {
    core._inputHandler.parse(new TextEncoder().encode(`\x1b(${flag}`));
    const charset = core._charsetService.charset;
    if (charset !== undefined && !found.has(charset)) found.set(charset, flag);
  }
  terminal.dispose();
  return found;
}
