import * as v from 'valibot';

// What a key takes, as TOML reads it: whole numbers arrive as `bigint`, numbers with a point as `number`.
const text = { schema: v.string(), expects: 'a text in quotes' } as const;
/** What an HTTP header can carry: visible ASCII (RFC 9110 §5.5), so anything else could never be presented. */
const token = {
  schema: v.pipe(v.string(), v.regex(/^[\u0021-\u007E]*$/)),
  expects: 'visible ASCII characters in quotes, without blanks',
} as const;
const flag = { schema: v.boolean(), expects: '`true` or `false`' } as const;
const oneOf = <const Option extends string>(...options: readonly [Option, ...Option[]]) =>
  ({ schema: v.picklist(options), expects: options.map((option) => `"${option}"`).join(' or ') }) as const;
const amount = {
  schema: v.pipe(
    v.union([v.number(), v.bigint()]), // people write `12`; it is saved as `12.0`, as other versions demand
    v.transform((value) => Number(value)),
    v.finite(),
    v.minValue(0),
  ),
  expects: 'a number, 0 or more',
} as const;
const count = (most: bigint) =>
  ({
    schema: v.pipe(
      v.bigint(),
      v.minValue(0n),
      v.maxValue(most),
      v.transform((value) => Number(value)),
    ),
    expects: `a whole number from 0 to ${most}`,
    whole: true,
  }) as const;
const U16_MAX = 0xffffn;
const U32_MAX = 0xffff_ffffn;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

interface KeySpec {
  readonly type: {
    readonly schema: v.GenericSchema<unknown, string | number | boolean>;
    readonly expects: string;
    readonly whole?: true;
  };
  /** A key without one is absent until set. */
  readonly default?: string | number | boolean;
  /** A file without it is not a config file: it may be cut off, or somebody else's. */
  readonly required?: true;
  readonly unit?: string;
  readonly sentence: string;
  /** Never shown, never logged. */
  readonly secret?: true;
  /** A URL, shown without the parts that may hold a secret. */
  readonly url?: true;
  /** Whether a running worker applies an edit without a restart. */
  readonly live?: true;
}

/** Every key of the config file. Help, the README table, defaults, types and checks are all made from this. */
export const CONFIG_KEYS = {
  api_base_url: {
    type: text,
    default: 'https://studio.minis.gg/',
    required: true,
    url: true,
    sentence: 'The studio this worker serves.',
  },
  allow_insecure_http: {
    type: flag,
    default: false,
    sentence: 'Whether the studio may be reached over plain http on another machine.',
  },
  vram_threshold_gb: {
    type: amount,
    default: 12,
    required: true,
    unit: 'GB',
    live: true,
    sentence: 'Most GPU memory that one job may be estimated to need.',
  },
  auto_enabled: { type: flag, default: true, live: true, sentence: 'Whether this worker takes jobs.' },
  auto_start: { type: flag, default: true, live: true, sentence: 'Whether the worker starts with the machine.' },
  only_when_idle: {
    type: flag,
    default: false,
    live: true,
    sentence: 'Whether to take jobs only while nobody uses the machine.',
  },
  start_minimised: { type: flag, default: true, live: true, sentence: 'Whether the window starts in the tray.' },
  engine_nice: {
    type: count(19n),
    default: 10,
    sentence: 'How far running engines stand back for other programs: 0 not at all, 19 most.',
  },
  keep_warm_secs: {
    type: count(U32_MAX),
    default: 300,
    unit: 'seconds',
    live: true,
    sentence: 'How long a model stays in memory after its last job; 0 frees it with the job.',
  },
  stop_grace_secs: {
    type: count(U32_MAX),
    default: 60,
    unit: 'seconds',
    live: true,
    sentence: 'How long a stopping worker lets the running job finish.',
  },
  outbox_max_gb: {
    type: amount,
    default: 2,
    unit: 'GB',
    sentence: 'Most disk space for finished results that the studio does not have yet.',
  },
  output_check: {
    type: oneOf('reject', 'flag', 'off'),
    default: 'reject',
    live: true,
    sentence: 'What becomes of a broken, flat or silent result: fail the job, deliver and log it, or do not look.',
  },
  models_root: { type: text, default: '~/models', sentence: 'The folder models are kept in.' },
  models_max_gb: {
    type: amount,
    unit: 'GB',
    live: true,
    sentence: 'Most disk space for models that were fetched; the least recently used go first. Unset, all stay.',
  },
  disk_floor_gb: {
    type: amount,
    default: 5,
    unit: 'GB',
    live: true,
    sentence: 'Disk space that fetching models leaves free.',
  },
  allow_private_urls: {
    type: flag,
    default: false,
    live: true,
    sentence: 'Whether offers may name URLs in your own network.',
  },
  gradio_endpoint_url: {
    type: text,
    url: true,
    live: true,
    sentence: 'The Gradio app on this machine that paints, such as `http://127.0.0.1:7860`. Unset, none does.',
  },
  gradio_api_name: {
    type: text,
    live: true,
    sentence: 'Which endpoint of that app paints, where it has several.',
  },
  allow_cpu: {
    type: flag,
    default: true,
    live: true,
    sentence: 'Whether engines that cannot use a GPU of this machine now may run on its processor instead.',
  },
  ws_reconnect_attempts: {
    type: count(U32_MAX),
    unit: 'tries',
    sentence: 'Failed connects in a row before giving up; 0 or unset is endless.',
  },
  auto_update_enabled: { type: flag, default: true, live: true, sentence: 'Whether the worker updates itself.' },
  auto_update_interval_secs: {
    type: count(U64_MAX),
    default: 1800,
    unit: 'seconds',
    sentence: 'Time between two looks for a release.',
  },
  auto_update_feed: {
    type: text,
    default: 'https://api.github.com/repos/webbertakken/studio-worker/releases',
    url: true,
    sentence: 'Where releases are listed.',
  },
  auto_update_prerelease: { type: flag, default: false, sentence: 'Whether prereleases count as releases.' },
  local_api_port: { type: count(U16_MAX), sentence: 'Port of the local HTTP API; 4787 when unset.' },
  stream_port: { type: count(U16_MAX), sentence: 'Port for live audio on the local network; 4798 when unset.' },
  local_api_token: { type: token, secret: true, sentence: 'What callers of the local HTTP API must present.' },
  // The registration is written by the worker itself, which acts on it as it does: an edit needs no restart notice.
  worker_id: { type: text, live: true, sentence: 'The name the studio gave this worker.' },
  auth_token: { type: token, secret: true, live: true, sentence: 'What this worker presents to the studio.' },
  install_id: { type: text, live: true, sentence: 'The name this installation gave itself.' },
  registration_request_id: { type: text, live: true, sentence: 'The approval that is being waited for.' },
  registration_secret: { type: token, secret: true, live: true, sentence: 'Proves that the request is ours.' },
} as const satisfies Record<string, KeySpec>;

export type ConfigKey = keyof typeof CONFIG_KEYS;
type ValueOf<Key extends ConfigKey> = v.InferOutput<(typeof CONFIG_KEYS)[Key]['type']['schema']>;
type KeyWithDefault = {
  [Key in ConfigKey]: (typeof CONFIG_KEYS)[Key] extends { readonly default: unknown } ? Key : never;
}[ConfigKey];

/** What the operator set and what we remember, under the names of the file. A key without a default may be absent. */
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
  readonly needsRestart: boolean;
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
      needsRestart: !(spec.live ?? false),
    };
  });
}
