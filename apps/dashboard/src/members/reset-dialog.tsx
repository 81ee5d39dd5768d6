import type { Member } from '@berth/protocol';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { FormFailure } from '../ui/form-failure.js';
import { SignInLink } from '../ui/sign-in-link.js';
import { useMemberMutations } from './member-queries.js';

/** Ends a member's sign-ins and makes a new link to hand over. */
export function ResetDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { reset } = useMemberMutations();
  const { name } = member.user;
  return (
    <Dialog title={`New sign-in link for ${name}`} isOpen onClose={onClose} wide={reset.data !== undefined}>
      {reset.data ? (
        <>
          <SignInLink link={reset.data.link} hint={`Hand this to ${name}. Whoever opens it first is signed in as ${name}.`} />
          <DialogActions>
            <Button variant="primary" onPress={onClose}>
              Done
            </Button>
          </DialogActions>
        </>
      ) : (
        <>
          <p className="dialog-text">All present sign-ins of {name} end, on every device. You get a one-time link to hand over.</p>
          <FormFailure error={reset.error} />
          <DialogActions>
            <Button onPress={onClose}>Cancel</Button>
            <Button variant="primary" onPress={() => reset.mutate(member)} isPending={reset.isPending}>
              Make link
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
