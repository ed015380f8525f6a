import { shownUrl } from '../../base/urls.ts';
import { variableOf } from '../from-text.ts';
import { shownEntry } from '../read.ts';
import type { Config, ConfigPatch } from '../schema.ts';
import { aboutSetting, nameOf, type Setting, switchIn } from '../setting.ts';
import type { ConfigStore } from '../store.ts';

/** A key of the config as people see it. */
export interface ConfigEntry {
  readonly key: string;
  /** In force, as data, a secret masked; undefined when it is not set and has no default. */
  readonly value: unknown;
  /** The same as TOML writes it. */
  readonly text: string;
  readonly sentence: string;
  /** When an edit counts in a running worker. */
  readonly applies: 'live' | 'restart' | 'unused';
  /** The environment variable that sets it, whatever the file says. */
  readonly variable: string | undefined;
}

/** What the commands print, defaults filled in. */
export interface ConfigValues {
  readonly apiBaseUrl: string;
  /** Present with its token only: half a pair is no approval. */
  readonly workerId: string | undefined;
  readonly registrationRequestId: string | undefined;
  readonly vramThresholdGb: number;
  readonly autoStart: boolean;
  /** Undefined until somebody chose. */
  readonly iconAtLogin: boolean | undefined;
  readonly autoEnabled: boolean;
  readonly modelsRoot: string;
  readonly autoUpdateEnabled: boolean;
  readonly autoUpdateIntervalSeconds: number;
}

/** What commands change; what is left out stays. */
export interface ConfigChanges {
  readonly apiBaseUrl?: string;
  readonly vramThresholdGb?: number;
  readonly autoEnabled?: boolean;
  readonly autoUpdateEnabled?: boolean;
  readonly iconAtLogin?: boolean;
}

/** The changes of a command under the keys of the file. */
export const patchOf = ({
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
export function entryOf(
  setting: Setting,
  { current, overridden }: Pick<ConfigStore, 'current' | 'overridden'>,
): ConfigEntry {
  const { key, kind } = setting;
  const variable = overridden.includes(key) ? variableOf(key) : undefined;
  const shown = kind === undefined ? shownEntry(key, current) : shownSwitch(setting, switchIn(current, kind));
  return { key: nameOf(setting), ...shown, ...aboutSetting(setting), variable };
}

const shownSwitch = (setting: Setting, value: boolean) => ({ value, text: `${nameOf(setting)} = ${value}` });

/** The settings that commands read by name. A worker is registered only with both halves of its credentials. */
export function valuesOf(current: Config): ConfigValues {
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
