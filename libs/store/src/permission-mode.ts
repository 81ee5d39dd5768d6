import { PermissionMode } from '@berth/protocol';

/** How Claude Code asks in a session; sessions made before there was a choice are asked about everything. Null for other programs. */
export const permissionModeOf = ({
  command,
  permission_mode,
}: {
  command: string[];
  permission_mode: string | null;
}): PermissionMode | null => (command.length > 0 ? null : PermissionMode.parse(permission_mode ?? 'manual'));
