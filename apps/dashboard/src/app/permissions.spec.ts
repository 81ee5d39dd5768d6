import type { Me } from '@berth/protocol';
import { UserId } from '@berth/protocol';
import { expect, it } from 'vitest';
import { mayDrive, mayManage, mayManageMember, rolesToGive } from './permissions.js';

const person = (number: number, role: Me['role']) => ({
  role,
  user: { id: UserId.parse(`usr_${String(number).repeat(32)}`), email: 'a@example.com', name: 'a' },
});

it('lets owners and admins manage, everybody but viewers drive', () => {
  expect(['owner', 'admin', 'member', 'viewer'].map((role) => [mayManage(role as Me['role']), mayDrive(role as Me['role'])])).toEqual([
    [true, true],
    [true, true],
    [false, true],
    [false, false],
  ]);
});

it('keeps admins from owners, and everybody from himself', () => {
  expect(mayManageMember(person(1, 'admin'), person(2, 'owner'))).toBe(false);
  expect(mayManageMember(person(1, 'owner'), person(2, 'owner'))).toBe(true);
  expect(mayManageMember(person(1, 'admin'), person(2, 'admin'))).toBe(true);
  expect(mayManageMember(person(1, 'owner'), person(1, 'owner'))).toBe(false);
  expect(mayManageMember(person(1, 'member'), person(2, 'viewer'))).toBe(false);
  expect(rolesToGive('admin')).not.toContain('owner');
});
