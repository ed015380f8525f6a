import type { Capabilities } from '../../contract/capabilities.ts';
import type { Logger } from '../../log/logger.ts';

/** The current capabilities, and what is logged about them. */
export interface Advertising {
  /** For `hello`: logs what is advertised, once, and again only when it is something else. */
  forHello(): Capabilities;
  /** For a heartbeat: logs when the operator turned claiming on or off since the one before it on this socket. */
  forHeartbeat(features: readonly string[]): Capabilities;
}

/**
 * Asks for fresh capabilities each time: a snapshot of `hello` would go stale within the session.
 *
 * @param claiming what the operator set; a stopping worker advertises that it claims nothing, and nobody turned it off
 */
export function createAdvertising(
  log: Logger,
  capabilities: (features: readonly string[]) => Capabilities,
  claiming: () => boolean,
): Advertising {
  let logged = '';
  let enabled: boolean | undefined;
  return {
    forHello() {
      const current = capabilities([]);
      enabled = undefined;
      const summary = summaryOf(current);
      if (logged !== (logged = JSON.stringify(summary))) logAdvertised(log, summary);
      return current;
    },
    forHeartbeat(features) {
      const before = enabled;
      enabled = claiming();
      if (before !== undefined && before !== enabled) log.info('claiming.changed', { enabled });
      return capabilities(features);
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
});

function logAdvertised(log: Logger, summary: Summary): void {
  log.info('capabilities.advertised', summary);
  const { vramTotalGb, vramThresholdGb } = summary;
  // A total of 0 means unknown, which is no reason to warn.
  if (vramTotalGb > 0 && vramThresholdGb > vramTotalGb) {
    log.warn('threshold.exceeds-vram', { vramTotalGb, vramThresholdGb });
  }
}
