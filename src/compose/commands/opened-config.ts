import type { OpenedConfig } from '../../cli/world/config.ts';
import { variableOf } from '../../config/from-text.ts';
import { renderConfig, shownFacts } from '../../config/read.ts';
import { patchFor, type Setting, toSetting } from '../../config/setting.ts';
import type { ConfigStore } from '../../config/store.ts';
import { checkBaseUrl } from '../../config/urls.ts';
import { entryOf, patchOf, valuesOf } from '../../config/values/command-values.ts';
import type { Logger } from '../../log/logger.ts';
import { configPathOf, NO_REGISTRATION, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';

/** The config file as the commands see and change it. @throws WorkerError `config.invalid` | `config.not-saved` */
export async function openedConfig(
  named: string | undefined,
  readOnly: boolean,
  effects: Effects,
): Promise<OpenedConfig> {
  const path = await configPathOf(named, effects);
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = await openConfig(path, effects, { log, readOnly });
  const entry = (setting: Setting) => entryOf(setting, config);
  return {
    path,
    exists: !(readOnly && config.isFresh),
    get values() {
      return valuesOf(config.current);
    },
    get overridden() {
      return config.overridden.map((key) => ({ key, variable: variableOf(key) }));
    },
    toml: () => renderConfig(path, config.current),
    facts: () => shownFacts(config.current),
    entry: (name) => entry(toSetting(name)),
    async set(name, text) {
      const setting = toSetting(name);
      const patch = patchFor(setting, text);
      if (setting.key === 'api_base_url' && text !== undefined) warnOfPlainHttp(text, config, log);
      await config.update(patch);
      return entry(setting);
    },
    async update(changes) {
      if (changes.apiBaseUrl !== undefined) warnOfPlainHttp(changes.apiBaseUrl, config, log);
      await config.update(patchOf(changes));
    },
    bootstrap: async (token) => (await import('./bootstrap.ts')).bootstrap(token, config, effects),
    resetRegistration: async () => void (await config.update(NO_REGISTRATION)),
  };
}

/** Tokens and results are about to travel in the clear, which the operator should know before it happens. */
function warnOfPlainHttp(apiBaseUrl: string, { current }: ConfigStore, log: Logger): void {
  const { warning } = checkBaseUrl(apiBaseUrl, { allowInsecureHttp: current.allow_insecure_http });
  if (warning !== undefined) log.warn('studio.insecure', { because: warning });
}
