import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.js';
import { OWNER_EMAIL } from './cluster.js';

/** Adds a user with the cluster's password as a member of a new tenant, behind the product's back, and answers with the e-mail address. */
export async function addTenant(cluster: Cluster, name: string, role = 'owner'): Promise<string> {
  const tenant = randomUUID();
  await cluster.database.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenant, name]);
  return addMember(cluster, tenant, `${name}@example.com`, role);
}

/** Adds a user to the first tenant with another role. */
export async function addColleague(cluster: Cluster, role: string): Promise<string> {
  const [owner] = await cluster.database.query<{ tenant_id: string }>(
    'SELECT tenant_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = $1',
    [OWNER_EMAIL],
  );
  return addMember(cluster, owner?.tenant_id ?? '', `${role}@example.com`, role);
}

async function addMember(cluster: Cluster, tenant: string, email: string, role: string): Promise<string> {
  const user = randomUUID();
  // The password is the owner's: its hash is copied.
  await cluster.database.query(
    'INSERT INTO users (id, email, name, password_hash) SELECT $1, $2, $2, password_hash FROM users WHERE email = $3',
    [user, email, OWNER_EMAIL],
  );
  await cluster.database.query('INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)', [tenant, user, role]);
  return email;
}
