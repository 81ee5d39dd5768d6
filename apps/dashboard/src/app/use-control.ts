import type { BerthApi, ControlSocket } from '@berth/client';
import { useEffect, useState } from 'react';

/** The control socket of whoever is signed in; undefined for a moment at first. */
export function useControl(api: BerthApi): ControlSocket | undefined {
  const [control, setControl] = useState<ControlSocket>();
  useEffect(() => {
    let opened: ControlSocket | undefined;
    let gone = false;
    const open = async (): Promise<void> => {
      const { ControlSocket } = await import('@berth/client/control');
      if (gone) return;
      opened = new ControlSocket({
        baseUrl: location.origin,
        ticket: async () => (await api.call('createSocketTicket', { body: {} })).ticket,
      });
      setControl(opened);
    };
    void open();
    // A laptop that wakes up need not wait for the next try.
    const retry = (): void => {
      if (document.visibilityState === 'visible') opened?.open();
    };
    addEventListener('online', retry);
    document.addEventListener('visibilitychange', retry);
    return () => {
      gone = true;
      removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', retry);
      opened?.close();
    };
  }, [api]);
  return control;
}
