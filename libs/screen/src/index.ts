export type { ScreenLoss } from './losses.js';
export { ScreenFold, type ScreenCheckpoint, type ScreenFoldOptions } from './screen-fold.js';
export { DEFAULT_SCROLLBACK_LINES, TERMINAL_OPTIONS } from './xterm-core.js';
