import { startScriptedModel } from '@berth/scripted-model';
import type { ScriptedModel } from '@berth/scripted-model';

/** This worker's own scripted model, which runs from the first call that needs it on. */
export class ScriptedModelOnDemand {
  private starting: Promise<ScriptedModel> | undefined;

  /** Where it listens, on loopback. A start that failed is tried again by the next call. */
  async url(): Promise<string> {
    // Nobody reads what it was asked: it keeps no conversation.
    this.starting ??= startScriptedModel({ keep: 0 });
    try {
      return (await this.starting).url;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const running = await this.starting?.catch(() => undefined);
    await running?.close();
  }
}
