import type { Bus } from '@berth/bus';
import type { TenantId } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { Leases, RunIdentity, StoredModelProvider } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { WorkerEnv } from '../env.js';
import type { RunFolders } from '../host/run-folders.js';
import { ModelProviders } from './model-providers.js';
import { RunModel } from './run-model.js';
import { ScriptedModelOnDemand } from './scripted-model-on-demand.js';
import { ModelKeySeed } from './model-key-seed.js';
import { UsageLedger } from './usage-ledger.js';

export interface HostModelParts {
  clock: Clock;
  env: Pick<WorkerEnv, 'model'>;
  leases: Pick<Leases, 'modelProvider' | 'recordUsage' | 'seedModelKey'>;
  bus: Pick<Bus, 'listen'>;
  folders: RunFolders;
  logger: Logger;
}

/** What all runs of a host share on their way to a model: who answers whom, and what has been used. */
export class HostModel {
  private readonly scripted = new ScriptedModelOnDemand();
  private readonly providers: ModelProviders;
  private readonly ledger: UsageLedger;
  private readonly seed: ModelKeySeed | undefined;

  constructor(private readonly parts: HostModelParts) {
    const { clock, env, leases, bus, logger } = parts;
    const { apiKey, anthropicBaseUrl, fallback } = env.model;
    this.providers = new ModelProviders({
      clock,
      read: (tenantId) => this.read(tenantId),
      listen: (channel, listener) => bus.listen(channel, listener),
      fallback,
      anthropicBaseUrl,
      scriptedUrl: () => this.scripted.url(),
    });
    this.ledger = new UsageLedger({ clock, leases, logger });
    this.seed = apiKey === undefined ? undefined : new ModelKeySeed({ clock, leases, logger, apiKey });
  }

  start(): void {
    this.ledger.start();
    this.seed?.start();
  }

  /** The model's end of a new run; `mayAct` says whether the run may still act. */
  forRun(run: RunIdentity, mayAct: () => boolean): RunModel {
    const { folders, logger } = this.parts;
    return new RunModel(run, mayAct, { folders, providers: this.providers, ledger: this.ledger, logger });
  }

  /** For a drain, when all runs have ended: writes what they used, then ends the scripted model. */
  async close(): Promise<void> {
    await this.seed?.stop();
    await this.ledger.close();
    await this.scripted.close();
  }

  /** A tenant that has just been made may be the one that the environment's key is for. */
  private async read(tenantId: TenantId): Promise<StoredModelProvider | undefined> {
    const { leases } = this.parts;
    const chosen = await leases.modelProvider(tenantId);
    if (chosen !== undefined || this.seed === undefined) return chosen;
    await this.seed.attempt();
    return leases.modelProvider(tenantId);
  }
}
