import type { ConfigStore } from '../../config/store.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { composeIdentity } from '../worker/identity.ts';
import { openCommandLog } from '../log.ts';
import { composeMachineFacts } from '../worker/machine-facts.ts';
import { allowedBaseUrl } from '../studio-url.ts';

/**
 * Spends a bootstrap token on credentials, which are then in the config. Gives the worker's id.
 *
 * @throws WorkerError `studio.refused` | `registration.failed` | `config.not-saved` | `config.insecure-url`
 */
export async function bootstrap(token: string, config: ConfigStore, effects: Effects): Promise<string> {
  const log = openCommandLog(effects);
  log.redactor.learn(token);
  const apiBaseUrl = allowedBaseUrl(config.current, log.logger);
  const { engines } = realEngines(effects, { log: log.logger, config });
  const facts = await composeMachineFacts({
    effects: underGpuRules(effects, config),
    config,
    engines,
    log: log.logger,
  });
  const { registration } = composeIdentity(
    { config, effects, log },
    { apiBaseUrl, capabilities: () => facts.capabilities({ claiming: true }) },
  );
  try {
    return (await registration.bootstrap(token)).workerId;
  } finally {
    await registration.stop();
  }
}
