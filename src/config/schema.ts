import type * as v from 'valibot';
import {
  amount,
  count,
  countWithin,
  flag,
  folder,
  kindSwitches,
  type KeyType,
  oneOf,
  text,
  texts,
  token,
  U16_MAX,
  U32_MAX,
  U64_MAX,
} from './key-types.ts';

interface KeySpec {
  readonly type: KeyType;
  /** A key without one is absent until set. */
  readonly default?: string | number | boolean;
  /** `GB` is 10^9 bytes, `GiB` is 2^30: the contract counts GPU memory in GiB and calls it GB, as its keys do. */
  readonly unit?: 'GB' | 'GiB' | 'seconds' | 'attempts';
  readonly sentence: string;
  /** Never shown, never logged. */
  readonly secret?: true;
  /** A URL, shown without the parts that may hold a secret. */
  readonly url?: true;
  /**
   * When an edit counts: `live` at once in a running worker, `restart` from its next start. `unused` keys are read,
   * checked and kept for a later release, and change nothing in this one.
   */
  readonly applies: 'live' | 'restart' | 'unused';
}

/** Every key of the config file. Comments of a first file, tables in the docs, defaults, types and checks come from it. */
export const CONFIG_KEYS = {
  api_base_url: {
    type: text,
    default: 'https://studio.minis.gg/',
    url: true,
    applies: 'restart',
    sentence: 'URL of the studio this worker serves.',
  },
  allow_insecure_http: {
    type: flag,
    default: false,
    applies: 'restart',
    sentence: 'Whether to allow plain http to a studio on another machine.',
  },
  vram_threshold_gb: {
    type: amount,
    default: 12,
    unit: 'GiB',
    applies: 'live',
    sentence: 'Largest GPU-memory estimate of a job that the studio may offer.',
  },
  memory_max_gb: {
    type: countWithin(4, 1024),
    default: 32,
    unit: 'GiB',
    applies: 'live',
    sentence: 'RAM that one engine process may hold; one that passes this is ended, and its job fails. From 4 to 1024.',
  },
  auto_enabled: { type: flag, default: true, applies: 'live', sentence: 'Whether this worker takes jobs.' },
  auto_start: {
    type: flag,
    default: true,
    applies: 'restart',
    sentence: 'Whether `studio-worker setup` has the worker start with the machine.',
  },
  only_when_idle: {
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether to take jobs only after two minutes without keyboard or mouse input on this machine.',
  },
  start_minimised: {
    type: flag,
    default: true,
    applies: 'unused',
    sentence: 'Whether the window starts minimised to the tray.',
  },
  engine_nice: {
    type: count(19n),
    default: 10,
    applies: 'restart',
    sentence: 'Niceness of engine processes: 0 is normal priority, 19 the lowest.',
  },
  keep_warm_secs: {
    type: count(U32_MAX),
    default: 300,
    unit: 'seconds',
    applies: 'live',
    sentence: 'How long a model stays in memory after its last job; 0 unloads it with the job.',
  },
  stop_grace_secs: {
    type: count(U32_MAX),
    default: 60,
    unit: 'seconds',
    applies: 'live',
    sentence: 'How long a stopping worker waits for the running job to finish.',
  },
  outbox_max_gb: {
    type: amount,
    default: 2,
    unit: 'GB',
    applies: 'restart',
    sentence: 'Limit on disk space for finished results that are not delivered yet.',
  },
  output_check: {
    type: oneOf('reject', 'flag', 'off'),
    default: 'reject',
    applies: 'live',
    sentence:
      'What to do with a broken, flat or silent result: reject it, deliver it with a warning (`flag`), or skip the check (`off`).',
  },
  models_root: { type: folder, default: '~/models', applies: 'restart', sentence: 'Folder for models.' },
  models_max_gb: {
    type: amount,
    unit: 'GB',
    applies: 'live',
    sentence:
      'Limit on disk space for downloaded models; the least recently used are removed first. Unset means no limit.',
  },
  disk_floor_gb: {
    type: amount,
    default: 5,
    unit: 'GB',
    applies: 'live',
    sentence: 'Disk space that model downloads leave free.',
  },
  allow_private_urls: {
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether offers may name URLs in your own network.',
  },
  gradio_endpoint_url: {
    type: text,
    url: true,
    applies: 'live',
    sentence: 'Gradio app on this machine that generates images, such as `http://127.0.0.1:7860`. Unset means none.',
  },
  gradio_api_name: {
    type: text,
    applies: 'live',
    sentence: 'Endpoint of that app to call, if it has several.',
  },
  allow_cpu: {
    type: flag,
    default: true,
    applies: 'live',
    sentence: 'Whether an engine that cannot use the GPU of this machine may run on the CPU.',
  },
  ws_reconnect_attempts: {
    type: count(U32_MAX),
    unit: 'attempts',
    applies: 'restart',
    sentence: 'Failed connection attempts in a row before the worker gives up; 0 or unset means never.',
  },
  auto_update_enabled: { type: flag, default: true, applies: 'live', sentence: 'Whether the worker updates itself.' },
  auto_update_interval_secs: {
    type: count(U64_MAX),
    default: 1800,
    unit: 'seconds',
    applies: 'live',
    sentence: 'Interval between update checks; at least 60.',
  },
  auto_update_feed: {
    type: text,
    default: 'https://api.github.com/repos/webbertakken/studio-worker/releases',
    url: true,
    applies: 'live',
    sentence: 'URL of the release list. GPU packs are downloaded from the same place.',
  },
  auto_update_prerelease: {
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether updates may be prereleases.',
  },
  auto_update_allow_unsigned: {
    type: flag,
    default: false,
    applies: 'live',
    sentence:
      'Whether to take releases without a signature from a feed on this machine, for trying out your own builds.',
  },
  local_api_port: {
    type: count(U16_MAX),
    applies: 'restart',
    sentence: 'Port of the local HTTP API; unset means 4787. A free one is used where it is taken.',
  },
  stream_port: {
    type: count(U16_MAX),
    applies: 'unused',
    sentence: 'Port for live audio on the local network; unset means 4798.',
  },
  local_api_token: {
    type: token,
    secret: true,
    applies: 'restart',
    sentence: 'Token that callers of the local HTTP API must present; unset means a new one with each start.',
  },
  supported_models_override: {
    type: texts,
    applies: 'live',
    sentence:
      'The only models to take jobs for, by id, or as `<engine>:*` for all of an engine. Unset or empty means every model.',
  },
  bootstrap_token: {
    type: token,
    secret: true,
    applies: 'restart',
    sentence: 'Token of the studio that registers this worker without an approval; used once at a start, then removed.',
  },
  // The worker writes its registration itself and follows edits of it.
  worker_id: { type: text, applies: 'live', sentence: 'Id that the studio assigned to this worker.' },
  auth_token: {
    type: token,
    secret: true,
    applies: 'live',
    sentence: 'Token that this worker presents to the studio.',
  },
  install_id: { type: text, applies: 'live', sentence: 'Id that this installation generated for itself.' },
  registration_request_id: {
    type: text,
    applies: 'live',
    sentence: 'Id of the registration request that is waiting for approval.',
  },
  registration_secret: {
    type: token,
    secret: true,
    applies: 'live',
    sentence: 'Proof that the registration request is ours.',
  },
  kinds: {
    type: kindSwitches,
    applies: 'live',
    sentence: 'Kinds of tasks that this worker takes, as a table: `[kinds]`, then `video = false`. Unset kinds are on.',
  },
} as const satisfies Record<string, KeySpec>;

export type ConfigKey = keyof typeof CONFIG_KEYS;
type ValueOf<Key extends ConfigKey> = v.InferOutput<(typeof CONFIG_KEYS)[Key]['type']['schema']>;
/** A key that a running worker follows. */
export type LiveKey = {
  [Key in ConfigKey]: (typeof CONFIG_KEYS)[Key]['applies'] extends 'live' ? Key : never;
}[ConfigKey];
type KeyWithDefault = {
  [Key in ConfigKey]: (typeof CONFIG_KEYS)[Key] extends { readonly default: unknown } ? Key : never;
}[ConfigKey];

/** Settings and registration, under the names of the file. A key without a default may be absent. */
export type Config = { readonly [Key in KeyWithDefault]: ValueOf<Key> } & {
  readonly [Key in Exclude<ConfigKey, KeyWithDefault>]?: ValueOf<Key>;
};

/** What an update changes; `undefined` takes the key out of the file, which restores its default. */
export type ConfigPatch = { readonly [Key in ConfigKey]?: ValueOf<Key> | undefined };

const hasKey = (key: string): key is ConfigKey => Object.hasOwn(CONFIG_KEYS, key);
/** The keys in the order of the table, which is the order of a fresh file. */
export const KEYS: readonly ConfigKey[] = Object.keys(CONFIG_KEYS).filter(hasKey);

/** The table's entry of any name, seen with all its optional facts; undefined for a name that is not ours. */
export function specOf(key: string): KeySpec | undefined {
  return hasKey(key) ? CONFIG_KEYS[key] : undefined;
}

export interface ConfigRow {
  readonly key: ConfigKey;
  readonly sentence: string;
  /** Empty where there is none. */
  readonly default: string;
  readonly unit: string;
  readonly secret: boolean;
  readonly applies: KeySpec['applies'];
}

/** The table as help texts and the README show it. */
export function configRows(): readonly ConfigRow[] {
  return KEYS.map((key) => {
    const spec: KeySpec = CONFIG_KEYS[key];
    return {
      key,
      sentence: spec.sentence,
      default: spec.default === undefined ? '' : String(spec.default),
      unit: spec.unit ?? '',
      secret: spec.secret ?? false,
      applies: spec.applies,
    };
  });
}
