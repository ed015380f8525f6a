import type { Capabilities } from '../../contract/capabilities.ts';
import type { Logger } from '../../log/logger.ts';
import { BARE_TERMS, type StudioTerms } from './terms.ts';

/** Whether jobs are taken, as the operator decided: saved as off, or paused for now. */
export type Claiming = 'on' | 'off' | 'paused';

/** The current capabilities, and what is logged about them. */
export interface Advertising {
  /** For `hello`: logs what is advertised, once, and again only when it is something else. */
  forHello(): Capabilities;
  /**
   * For a heartbeat: logs what the operator changed since the frame before it on this socket. User presence comes and goes,
   * and is no change of what is advertised.
   */
  forHeartbeat(terms: StudioTerms): Capabilities;
}

/**
 * Asks for fresh capabilities each time: a snapshot of `hello` would go stale within the session.
 *
 * @param claiming what the operator set; a stopping worker advertises that it claims nothing, and nobody turned it off
 */
export function createAdvertising(
  log: Logger,
  capabilities: (terms: StudioTerms) => Capabilities,
  claiming: () => Claiming,
): Advertising {
  let logged = '';
  /** Of the frame before on this socket, and the terms that it was made for. */
  let before: { readonly terms: StudioTerms; readonly offered: string } | undefined;
  let claimed: Claiming | undefined;
  return {
    forHello() {
      const current = capabilities(BARE_TERMS);
      claimed = undefined;
      before = { terms: BARE_TERMS, offered: offeredIn(current) };
      const summary = summaryOf(current);
      if (logged !== (logged = JSON.stringify(summary))) logAdvertised(log, summary);
      return current;
    },
    forHeartbeat(terms) {
      const last = claimed;
      claimed = claiming();
      if (last !== undefined && last !== claimed) log.info('claiming.changed', { claiming: claimed, before: last });
      const current = capabilities(terms);
      // A studio names its terms after hello, which widens what it is told: the operator changed nothing.
      if (before !== undefined && before.offered !== offeredIn(capabilities(before.terms))) {
        logAdvertised(log, summaryOf(current));
        logged = JSON.stringify(summaryOf(capabilities(BARE_TERMS)));
      }
      before = { terms, offered: offeredIn(current) };
      return current;
    },
  };
}

type Summary = ReturnType<typeof summaryOf>;
const summaryOf = (capabilities: Capabilities) => ({
  engine: capabilities.engine,
  vramTotalGb: capabilities.vramTotalGb,
  vramThresholdGb: capabilities.vramThresholdGb,
  autoEnabled: capabilities.autoEnabled,
  onlyWhenIdle: capabilities.onlyWhenIdle ?? false,
  userPresence: capabilities.userPresence ?? 'unknown',
  kinds: capabilities.taskKinds ?? [],
  modelEngines: capabilities.modelEngines ?? [],
  models: capabilities.supportedModels,
  ...(capabilities.maxParallelJobs === undefined ? {} : { maxParallelJobs: capabilities.maxParallelJobs }),
});

/** What a studio picks jobs by, without what a person at the machine or a stop of the worker changes. */
function offeredIn(capabilities: Capabilities): string {
  const { autoEnabled: _claiming, userPresence: _presence, ...offered } = summaryOf(capabilities);
  return JSON.stringify(offered);
}

function logAdvertised(log: Logger, summary: Summary): void {
  log.info('capabilities.advertised', summary);
  const { vramTotalGb, vramThresholdGb } = summary;
  // A total of 0 means unknown, which is no reason to warn.
  if (vramTotalGb > 0 && vramThresholdGb > vramTotalGb) {
    log.warn('threshold.exceeds-vram', { vramTotalGb, vramThresholdGb });
  }
}
