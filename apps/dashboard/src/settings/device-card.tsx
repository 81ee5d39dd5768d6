import { useMutation } from '@tanstack/react-query';
import { Smartphone } from 'lucide-react';
import { useBerth } from '../app/berth-context.js';
import { Button } from '../ui/button.js';
import { Card } from '../ui/card.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { FormFailure } from '../ui/form-failure.js';
import { SignInLink } from '../ui/sign-in-link.js';

const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** A link that signs another device of one's own in. */
export function DeviceCard() {
  const { api } = useBerth();
  const make = useMutation({ mutationFn: () => api.call('createLoginLink'), gcTime: 0 });
  return (
    <Card
      id="device"
      title="Other devices"
      description="Go on where you are on your phone, or in another browser, without typing a password."
    >
      <div className="card-actions">
        <Button icon={Smartphone} onPress={() => make.mutate()} isPending={make.isPending}>
          Open on another device
        </Button>
      </div>
      <FormFailure error={make.error} />
      {make.data && (
        <Dialog title="Open on another device" isOpen onClose={make.reset} wide>
          <SignInLink link={make.data} hint="Point the camera of your phone at the code. Whoever opens it first is signed in as you." />
          {LOCAL.includes(new URL(make.data.url).hostname) && (
            <p className="field-hint">
              This Berth listens on this machine alone. For a phone in the same network start it with <code>npm start -- --lan</code>.
            </p>
          )}
          <DialogActions>
            <Button variant="primary" onPress={make.reset}>
              Done
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </Card>
  );
}
