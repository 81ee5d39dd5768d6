export { migrate, type MigrateOptions } from './migrate/migrate.js';
export type { NewSocketTicket } from './repositories/socket-ticket.repository.js';
export type {
  NewSession,
  RemoveResult,
  SessionPage,
  SessionPageQuery,
  SessionPlacement,
  SessionRequestResult,
  SessionRunRecord,
} from './repositories/session-types.js';
export type { UsagePeriod } from './repositories/usage.repository.js';
export type { DefaultModelProvider, TenantRepositories } from './repositories/tenant-repositories.js';
export { openStore, Store, type StoreOptions } from './store.js';
export type {
  Account,
  ConsumedLink,
  ConsumedTicket,
  FirstTenant,
  LivePrincipal,
  NewFamily,
  Principal,
  Rotation,
  RotationResult,
  SwitchResult,
  Trust,
} from './system/sign-in-types.js';
export type { HeldMember, HeldMembers, NewMember } from './system/members.js';
export type { NewLoginToken } from './system/login-tokens.js';
export type { RepositoryPurpose, SystemRepositories } from './system/system-repositories.js';
export { SYSTEM_PURPOSES, type SystemPurpose } from './system-purposes.js';
export type { TransactionOptions } from './transactor.js';
