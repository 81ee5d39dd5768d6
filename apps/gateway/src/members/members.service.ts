import { Bus } from '@berth/bus';
import type { InvitedMember, Member, MemberInput, MemberRole, UserId } from '@berth/protocol';
import { AppError, redisChannels } from '@berth/protocol';
import type { HeldMember, HeldMembers, SystemRepositories } from '@berth/store';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import { INVITATION_S, newLinkToken, toLoginLink } from '../auth/login-links.js';
import { SignInLimits } from '../auth/sign-in-limits.js';
import { ControlSockets } from '../control/control-sockets.js';
import { Origins } from '../edge/origins.js';
import type { TenantScope } from '../edge/scope.js';
import { requireAdmin, requireAuthority } from './authority.js';

/** The people of a tenant. Who may change whom is judged by rows that are held, so two changes at once cannot both slip through. */
@Injectable()
export class MembersService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly limits: SignInLimits,
    private readonly origins: Origins,
    private readonly sockets: ControlSockets,
  ) {}

  async list({ tenantId }: TenantScope): Promise<{ items: Member[]; nextCursor: null }> {
    return { items: await this.store.withTenant(tenantId, ({ members }) => members.list()), nextCursor: null };
  }

  /** The answer is the same whether or not the address has an account already: it tells nothing about other tenants. */
  async add(scope: TenantScope, input: MemberInput): Promise<InvitedMember> {
    requireAdmin(scope);
    await this.limits.links(scope.userId);
    const invited = await this.store.withSystem('members', async (repositories) => {
      const { actor } = await repositories.members.hold(scope.tenantId, { actor: scope.userId });
      requireAuthority(actor?.role, input.role);
      const member = await repositories.members.add(scope.tenantId, input);
      if (!member) throw new AppError('conflict', { detail: 'This person is a member already.' });
      return { member, link: await this.link(scope, repositories, member.user.id) };
    });
    this.tell(scope, `${invited.member.user.name} was added.`);
    return invited;
  }

  async update(scope: TenantScope, userId: UserId, role: MemberRole): Promise<Member> {
    await this.change(scope, userId, async ({ members }, { target, held }) => {
      requireAuthority(held.actor?.role, role);
      if (target.revoked) throw removed();
      if (role !== 'owner') keepAnOwner(target, held);
      await members.setRole(scope.tenantId, userId, role);
    });
    return this.find(scope, userId);
  }

  async remove(scope: TenantScope, userId: UserId): Promise<void> {
    requireAdmin(scope);
    const { user } = await this.find(scope, userId);
    await this.change(scope, userId, async ({ members }, { target, held }) => {
      if (target.revoked) throw new AppError('not_found');
      keepAnOwner(target, held);
      await members.remove(scope.tenantId, userId);
    });
    this.tell(scope, `${user.name} was removed.`);
  }

  /** Signs the member out and makes a link with which a new password can be set. */
  async reset(scope: TenantScope, userId: UserId): Promise<InvitedMember> {
    requireAdmin(scope);
    await this.limits.links(scope.userId);
    const link = await this.change(scope, userId, async (repositories, { target }) => {
      if (target.revoked) throw removed();
      await repositories.members.signOut(scope.tenantId, userId);
      return this.link(scope, repositories, userId);
    });
    return { member: await this.find(scope, userId), link };
  }

  async signOut(scope: TenantScope, userId: UserId): Promise<void> {
    await this.change(scope, userId, async ({ members }, { target }) => {
      if (target.revoked) throw new AppError('not_found');
      await members.signOut(scope.tenantId, userId);
    });
  }

  /** Holds both, checks that one may change the other, and lets everybody's gateways know afterwards. */
  private async change<T>(
    scope: TenantScope,
    userId: UserId,
    work: (repositories: SystemRepositories<'members'>, rows: { target: HeldMember; held: HeldMembers }) => Promise<T>,
  ): Promise<T> {
    requireAdmin(scope);
    const result = await this.store.withSystem('members', async (repositories) => {
      const held = await repositories.members.hold(scope.tenantId, { actor: scope.userId, target: userId });
      if (!held.target) throw new AppError('not_found');
      requireAuthority(held.actor?.role, held.target.revoked ? 'member' : held.target.role);
      return work(repositories, { target: held.target, held });
    });
    void this.bus.ring(redisChannels.principals());
    return result;
  }

  /** Confined to the tenant: whoever makes a link for somebody else may use it himself. */
  private async link({ tenantId, userId: createdBy }: TenantScope, { loginTokens }: SystemRepositories<'members'>, userId: UserId) {
    const token = newLinkToken();
    const expiresAt = await loginTokens.create({ userId, token, lifetimeSeconds: INVITATION_S, tenantId, createdBy });
    return toLoginLink(this.origins.public, token, expiresAt);
  }

  private tell({ tenantId }: TenantScope, text: string): void {
    this.sockets.notify(tenantId, { level: 'info', text, subject: 'members' });
  }

  private async find({ tenantId }: TenantScope, userId: UserId): Promise<Member> {
    const member = await this.store.withTenant(tenantId, ({ members }) => members.find(userId));
    if (!member) throw new AppError('not_found');
    return member;
  }
}

const removed = () => new AppError('conflict', { detail: 'This person was removed. Add them again first.' });

function keepAnOwner(target: HeldMember, { owners }: HeldMembers): void {
  if (target.role === 'owner' && owners <= 1)
    throw new AppError('conflict', { detail: 'A tenant needs an owner. Make somebody else an owner first.' });
}
