export type { HostAnnouncement, HostRegistration } from './host-leases.js';
export type {
  ClaimedRun,
  FencedResult,
  HostIdentity,
  LeaseTtl,
  LostRun,
  RecordedUsage,
  RenewedRun,
  RunClose,
  RunIdentity,
  RunOffsets,
  SeedResult,
  StoredModelProvider,
} from './lease-types.js';
export { openLeases, type Leases, type LeasesOptions } from './open-leases.js';
