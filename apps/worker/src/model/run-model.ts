import { openBroker } from '@berth/broker';
import type { Broker, Upstream } from '@berth/broker';
import type { RunIdentity } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { RunFolders } from '../host/run-folders.js';
import type { ModelProviders } from './model-providers.js';
import type { UsageLedger } from './usage-ledger.js';

export interface RunModelParts {
  folders: RunFolders;
  providers: ModelProviders;
  ledger: UsageLedger;
  logger: Logger;
}

/** How a run reaches a model: nothing in it is a secret that opens more than this run's own broker. */
export interface ModelAccess {
  /** Variables for every program of the session. */
  environment: Record<string, string>;
  /** A folder that lasts as long as the run; mode 0700, outside of the workspace. */
  folder: string;
  /** Who answers at present; undefined while nobody can tell. */
  provider: Upstream['kind'] | undefined;
}

/** The model's end of one run: its folder, its broker, what it uses. Opened once, closed when the run is over, however far the opening has come. */
export class RunModel {
  private opening: Promise<{ folder: string; broker: Broker | undefined }> | undefined;
  private closing: Promise<void> | undefined;
  private readonly endUse: () => void;

  constructor(
    private readonly run: RunIdentity,
    /** Whether the run may still act; asked before each call that leaves this machine. */
    private readonly mayAct: () => boolean,
    private readonly parts: RunModelParts,
  ) {
    this.endUse = parts.providers.use(run.tenantId);
  }

  async open(): Promise<ModelAccess> {
    this.opening ??= this.start();
    const { broker, folder } = await this.opening;
    if (broker === undefined) throw new Error('cannot start: the session’s way to its model cannot be opened on this host');
    return { environment: broker.environment, folder, provider: await this.provider() };
  }

  /** Ends what the run's programs could still ask for; the second time it is the same end. Never rejects. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { folders, ledger, logger } = this.parts;
    this.endUse();
    try {
      const opened = await this.opening?.catch(() => undefined);
      await opened?.broker?.close();
      if (opened) await folders.close(opened.folder);
    } catch (error) {
      logger.warn({ err: error, sessionId: this.run.sessionId, epoch: this.run.epoch }, 'the folder of a run stays behind');
    }
    ledger.wake();
  }

  private async start(): Promise<{ folder: string; broker: Broker | undefined }> {
    const { folders, ledger, logger } = this.parts;
    const folder = await folders.open();
    const { sessionId, epoch } = this.run;
    const broker = await openBroker({
      runDir: folder,
      upstream: () => this.upstream(),
      mayAct: this.mayAct,
      meter: (usage) => ledger.add(this.run, usage),
      logger: logger.child({ sessionId, epoch }),
    }).catch((error: unknown) => {
      logger.error({ err: error, sessionId, epoch }, 'a broker cannot be opened');
      return undefined;
    });
    return { folder, broker };
  }

  private async provider(): Promise<Upstream['kind'] | undefined> {
    try {
      return (await this.upstream()).kind;
    } catch (error) {
      this.parts.logger.warn({ err: error, sessionId: this.run.sessionId }, 'nobody can tell who answers this session');
      return undefined;
    }
  }

  private upstream(): Promise<Upstream> {
    return this.parts.providers.upstreamOf(this.run.tenantId);
  }
}
