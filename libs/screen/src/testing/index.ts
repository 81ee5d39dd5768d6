export { differences, Viewer } from './terminal-state.js';
