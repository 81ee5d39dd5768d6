/** By itself, so that a page can load it after it has shown something. */
export { ControlSocket } from './control-socket.js';
