import type { Member, MemberInput, MemberRole, UserId } from '@berth/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useBerth } from '../app/berth-context.js';
import { queryKeys } from '../app/query-keys.js';

/** The people of the tenant, in the order in which they came; who was removed may still be among them, with `revokedAt`. */
export function useMembers() {
  const { api } = useBerth();
  return useQuery({
    queryKey: queryKeys.members,
    queryFn: async () => (await api.call('listMembers')).items.filter(({ revokedAt }) => revokedAt === null),
  });
}

/** Names of the tenant's people, also of former ones; of somebody who is not known, undefined. */
export function useMemberNames(): (id: UserId) => string | undefined {
  const { me } = useBerth();
  const { data } = useMembers();
  return (id) => (id === me.user.id ? me.user.name : data?.find(({ user }) => user.id === id)?.user.name);
}

/** What can be done to the people of the tenant. Each rereads them afterwards: others may have changed them too. */
export function useMemberMutations() {
  const { api } = useBerth();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: queryKeys.members });
  const params = ({ user }: Member) => ({ params: { userId: user.id } });
  return {
    add: useMutation({ mutationFn: (body: MemberInput) => api.call('addMember', { body }), onSettled }),
    reset: useMutation({ mutationFn: (member: Member) => api.call('resetMember', params(member)), onSettled }),
    changeRole: useMutation({
      mutationFn: ({ member, role }: { member: Member; role: MemberRole }) =>
        api.call('updateMember', { ...params(member), body: { role } }),
      onSettled,
    }),
    signOut: useMutation({ mutationFn: (member: Member) => api.call('signOutMember', params(member)), onSettled }),
    remove: useMutation({ mutationFn: (member: Member) => api.call('removeMember', params(member)), onSettled }),
  };
}
