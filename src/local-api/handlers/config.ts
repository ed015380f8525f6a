import { patchFromJson } from '../../config/from-json.ts';
import type { ConfigKey } from '../../config/schema.ts';
import type { EditableConfig } from '../contract/editable-config.ts';
import type { LocalApiDeps } from '../deps.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { configView } from '../view/config-view.ts';
import { editableConfig } from '../view/status-view.ts';

type ConfigRoute = 'readConfig' | 'writeConfig' | 'config' | 'patchConfig' | 'restart';

/** The settings: the contract's few, and all of them. */
export function configHandlers({
  config,
  restart,
}: Pick<LocalApiDeps, 'config' | 'restart'>): Pick<Handlers, ConfigRoute> {
  const atStart = config.current;
  const view = () => jsonReply(configView({ config, atStart, canRestart: restart !== undefined }));
  return {
    readConfig: () => jsonReply(editableConfig(config.current)),
    async writeConfig({ body }) {
      await apply(config, changesIn(body, editableConfig(config.current)), fieldOf);
      return jsonReply(editableConfig(config.current));
    },
    config: view,
    async patchConfig({ body }) {
      await apply(config, body, (key) => key);
      return view();
    },
    restart() {
      if (restart === undefined) {
        throw new ApiFailure(409, 'restart_unsupported', 'this worker cannot restart itself', {
          hint: 'Stop it, and run `studio-worker run` again.',
        });
      }
      restart();
      return jsonReply({ ok: true }, 202);
    },
  };
}

/** Saves what is right as a whole, or nothing of it. */
async function apply(
  config: LocalApiDeps['config'],
  values: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): Promise<void> {
  const read = patchFromJson(values, config.current);
  if (read.is === 'patch') {
    if (Object.keys(read.patch).length > 0) await config.update(read.patch);
    return;
  }
  const fields = Object.fromEntries(Object.entries(read.problems).map(([key, problem]) => [nameOf(key), problem]));
  const [first] = Object.entries(fields);
  throw new ApiFailure(400, 'invalid_config', first === undefined ? '' : `${first[0]}: ${first[1]}`, { fields });
}

/** The contract's names of settings, by their keys in the file. */
const KEY_OF: { readonly [Field in keyof EditableConfig]: ConfigKey } = {
  apiBaseUrl: 'api_base_url',
  vramThresholdGb: 'vram_threshold_gb',
  memoryMaxGb: 'memory_max_gb',
  autoStart: 'auto_start',
  startMinimised: 'start_minimised',
  onlyWhenIdle: 'only_when_idle',
  autoUpdateEnabled: 'auto_update_enabled',
  autoUpdateIntervalSecs: 'auto_update_interval_secs',
  autoUpdateFeed: 'auto_update_feed',
  autoUpdatePrerelease: 'auto_update_prerelease',
  modelsRoot: 'models_root',
};
const fieldOf = (key: string): string => Object.entries(KEY_OF).find(([, its]) => its === key)?.[0] ?? key;

/** What was sent back unchanged is left alone: a URL was shown without what may be a secret in it. */
const changesIn = (next: EditableConfig, shown: EditableConfig): Readonly<Record<string, unknown>> => {
  const before: Readonly<Record<string, unknown>> = shown;
  const after: Readonly<Record<string, unknown>> = next;
  return Object.fromEntries(
    Object.entries(KEY_OF)
      .filter(([field]) => after[field] !== before[field])
      .map(([field, key]) => [key, after[field]]),
  );
};
