import { shownUrl } from '../../base/urls.ts';
import type { ConfigChanges, ConfigEntry, OpenedConfig } from '../../cli/world/config.ts';
import { variableOf } from '../../config/from-text.ts';
import { renderConfig, shownEntry, shownFacts } from '../../config/read.ts';
import { aboutSetting, nameOf, patchFor, type Setting, switchIn, toSetting } from '../../config/setting.ts';
import type { ConfigPatch } from '../../config/schema.ts';
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
  const entry = (setting: Setting) => entryOf(setting, config);
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

/** The changes of a command under the keys of the file. */
const patchOf = ({
  apiBaseUrl,
  vramThresholdGb,
  autoEnabled,
  autoUpdateEnabled,
  iconAtLogin,
}: ConfigChanges): ConfigPatch => ({
  ...(apiBaseUrl === undefined ? {} : { api_base_url: apiBaseUrl }),
  ...(vramThresholdGb === undefined ? {} : { vram_threshold_gb: vramThresholdGb }),
  ...(autoEnabled === undefined ? {} : { auto_enabled: autoEnabled }),
  ...(autoUpdateEnabled === undefined ? {} : { auto_update_enabled: autoUpdateEnabled }),
  ...(iconAtLogin === undefined ? {} : { icon_at_login: iconAtLogin }),
});

/** One setting as commands show it, with the variable that lays another value over the file. */
function entryOf(setting: Setting, { current, overridden }: ConfigStore): ConfigEntry {
  const { key, kind } = setting;
  const variable = overridden.includes(key) ? variableOf(key) : undefined;
  const shown = kind === undefined ? shownEntry(key, current) : shownSwitch(setting, switchIn(current, kind));
  return { key: nameOf(setting), ...shown, ...aboutSetting(setting), variable };
}

const shownSwitch = (setting: Setting, value: boolean) => ({ value, text: `${nameOf(setting)} = ${value}` });

/** The settings that commands read by name. A worker is registered only with both halves of its credentials. */
function valuesOf({ current }: ConfigStore): OpenedConfig['values'] {
  return {
    apiBaseUrl: shownUrl(current.api_base_url),
    workerId: current.worker_id && current.auth_token ? current.worker_id : undefined,
    registrationRequestId: current.registration_request_id,
    vramThresholdGb: current.vram_threshold_gb,
    autoStart: current.auto_start,
    iconAtLogin: current.icon_at_login,
    autoEnabled: current.auto_enabled,
    modelsRoot: current.models_root,
    autoUpdateEnabled: current.auto_update_enabled,
    autoUpdateIntervalSeconds: current.auto_update_interval_secs,
  };
}

/** Tokens and results are about to travel in the clear, which the operator should know before it happens. */
function warnOfPlainHttp(apiBaseUrl: string, { current }: ConfigStore, log: Logger): void {
  const { warning } = checkBaseUrl(apiBaseUrl, { allowInsecureHttp: current.allow_insecure_http });
  if (warning !== undefined) log.warn('studio.insecure', { because: warning });
}
