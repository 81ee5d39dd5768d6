export { Bus, openBus, type BusOptions } from './bus.js';
export type { ControlAdapter } from './control-adapter.js';
export { PRESENCE_REFRESH_MS, type Presence, type SessionKey } from './presence.js';
export type { RateLimit, RateLimiter, RateVerdict } from './rate-limit.js';
export type { BellListener } from './subscriptions.js';
