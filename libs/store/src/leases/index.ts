export type { HostAnnouncement, HostRegistration } from './host-leases.js';
export type { ClaimedRun, FencedResult, HostIdentity, LeaseTtl, LostRun, RenewedRun, RunClose, RunIdentity } from './lease-types.js';
export { openLeases, type Leases, type LeasesOptions } from './open-leases.js';
