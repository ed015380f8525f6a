import { shownUrl } from '../../base/urls.ts';
import type { ConfigEntry, OpenedConfig } from '../../cli/world/config.ts';
import { toKey, valueOf, variableOf } from '../../config/from-text.ts';
import { renderConfig, shownEntry, shownFacts } from '../../config/read.ts';
import { CONFIG_KEYS, type ConfigKey } from '../../config/schema.ts';
import type { ConfigStore } from '../../config/store.ts';
import { checkBaseUrl } from '../../config/urls.ts';
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
  const entry = (key: ConfigKey) => entryOf(key, config);
  return {
    path,
    exists: !(readOnly && config.isFresh),
    get values() {
      return valuesOf(config);
    },
    get overridden() {
      return config.overridden.map((key) => ({ key, variable: variableOf(key) }));
    },
    toml: () => renderConfig(path, config.current),
    facts: () => shownFacts(config.current),
    entry: (name) => entry(toKey(name)),
    async set(name, text) {
      const key = toKey(name);
      const value = text === undefined ? undefined : valueOf(key, text, key);
      if (key === 'api_base_url' && typeof value === 'string') warnOfPlainHttp(value, config, log);
      await config.update({ [key]: value });
      return entry(key);
    },
    async update({ apiBaseUrl, vramThresholdGb, autoEnabled, autoUpdateEnabled }) {
      if (apiBaseUrl !== undefined) warnOfPlainHttp(apiBaseUrl, config, log);
      await config.update({
        ...(apiBaseUrl === undefined ? {} : { api_base_url: apiBaseUrl }),
        ...(vramThresholdGb === undefined ? {} : { vram_threshold_gb: vramThresholdGb }),
        ...(autoEnabled === undefined ? {} : { auto_enabled: autoEnabled }),
        ...(autoUpdateEnabled === undefined ? {} : { auto_update_enabled: autoUpdateEnabled }),
      });
    },
    bootstrap: async (token) => (await import('./bootstrap.ts')).bootstrap(token, config, effects),
    resetRegistration: async () => void (await config.update(NO_REGISTRATION)),
  };
}

function entryOf(key: ConfigKey, config: ConfigStore): ConfigEntry {
  const { sentence, applies } = CONFIG_KEYS[key];
  const variable = config.overridden.includes(key) ? variableOf(key) : undefined;
  return { key, ...shownEntry(key, config.current), sentence, applies, variable };
}

function valuesOf({ current }: ConfigStore): OpenedConfig['values'] {
  return {
    apiBaseUrl: shownUrl(current.api_base_url),
    workerId: current.worker_id && current.auth_token ? current.worker_id : undefined,
    registrationRequestId: current.registration_request_id,
    vramThresholdGb: current.vram_threshold_gb,
    autoStart: current.auto_start,
    autoEnabled: current.auto_enabled,
    modelsRoot: current.models_root,
    autoUpdateEnabled: current.auto_update_enabled,
    autoUpdateIntervalSeconds: current.auto_update_interval_secs,
  };
}

function warnOfPlainHttp(apiBaseUrl: string, { current }: ConfigStore, log: Logger): void {
  const { warning } = checkBaseUrl(apiBaseUrl, { allowInsecureHttp: current.allow_insecure_http });
  if (warning !== undefined) log.warn('studio.insecure', { because: warning });
}
