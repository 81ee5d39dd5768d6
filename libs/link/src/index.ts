export { LinkError, connectLink, type ConnectLinkOptions, type LinkFailure } from './connect-link.js';
export { type FindSession } from './host-connection.js';
export { type LinkConnection } from './link-connection.js';
export { LinkServer, type LinkServerOptions } from './link-server.js';
export { type LinkTls } from './link-tls.js';
export { type LiveChannel, type LiveChannelEvents } from './live-channel.js';
export { type ViewerChannel, type ViewerChannelEvents } from './viewer-channel.js';
