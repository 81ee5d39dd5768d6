import { LogOut, UserRound } from 'lucide-react';
import { Button } from 'react-aria-components/Button';
import { useNavigate } from 'react-router';
import { Avatar } from '../ui/avatar.js';
import { Menu } from '../ui/menu.js';
import { useToast } from '../ui/toast.js';
import { useBerth } from './berth-context.js';

/** Who is signed in, where, and the way out. */
export function AccountMenu() {
  const { me, signOut, switchTenant } = useBerth();
  const toast = useToast();
  const navigate = useNavigate();
  const attempt = (work: Promise<void>): void => void work.catch(toast.error);
  const tenant = me.tenants.find(({ id }) => id === me.tenantId);
  const others = me.tenants.filter(({ id }) => id !== me.tenantId);
  return (
    <Menu
      label="Account"
      trigger={
        <Button className="account">
          <Avatar name={me.user.name} />
          <span className="account-text">
            <span className="visually-hidden">Account of </span>
            <span className="account-name">{me.user.name}</span>
            <span className="account-tenant">{tenant?.name}</span>
          </span>
        </Button>
      }
      entries={[
        { id: 'settings', label: 'Account settings', icon: UserRound, run: () => void navigate('/settings#account') },
        ...others.map(({ id, name }) => ({ id, label: `Switch to ${name}`, run: () => attempt(switchTenant(id)) })),
        { id: 'sign-out', label: 'Sign out', icon: LogOut, run: () => attempt(signOut()) },
      ]}
    />
  );
}
