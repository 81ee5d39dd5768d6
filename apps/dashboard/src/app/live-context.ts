import { createContext, use } from 'react';
import type { ControlStatus } from '@berth/client';

/** Whether what the pages show follows the server by itself. */
export interface Live {
  status: ControlStatus;
}

export const LiveContext = createContext<Live>({ status: 'connecting' });

export const useLive = (): Live => use(LiveContext);
