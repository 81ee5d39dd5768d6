export { Bus, openBus, type BusOptions } from './bus.js';
export type { RateLimit, RateLimiter, RateVerdict } from './rate-limit.js';
export type { BellListener } from './subscriptions.js';
