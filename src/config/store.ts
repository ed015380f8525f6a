import { errorChain, toWorkerError, WorkerError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { Logger } from '../log/logger.ts';
import type { Files } from '../system/disk/files.ts';
import type { Watch } from '../system/disk/watch.ts';
import { siblingsOf } from './paths.ts';
import { misspeltKeys } from './from-text.ts';
import { type Folders, freshText, patchText, readConfig, readTable, type WarnOfValue } from './read.ts';
import { CONFIG_KEYS } from './keys.ts';
import { type Config, type ConfigKey, type ConfigPatch, KEYS, type LiveKey, specOf } from './schema.ts';

/*
 * The config of one process, which three may edit at once: this process, a command beside it, and a person with the file
 * open. So reads and writes wait for each other in one queue, a patch is laid over what the file says by then, and an edit
 * that cannot be read leaves everything as it was. All of that is about one text in memory, which is why it is one file.
 */

export interface ConfigChange {
  readonly changedKeys: readonly ConfigKey[];
  /** Those of them that apply at the next start of the worker. */
  readonly needsRestart: readonly ConfigKey[];
  /** Those of them that nothing in this release uses. */
  readonly unused: readonly ConfigKey[];
}

/** What a part of the worker needs to read its settings. */
export type LiveConfig = Pick<ConfigStore, 'current' | 'live'>;

/** The config of this process: the file's last valid content, updated on every edit. */
export interface ConfigStore {
  readonly path: string;
  readonly current: Config;
  /** Keys that the environment sets: what the file says of them does not count. */
  readonly overridden: readonly ConfigKey[];
  /** Keys that the file names, whatever it says of them. */
  readonly inFile: readonly ConfigKey[];
  /** Whether there was no file, so that this is a first one: written, unless the store was opened to read only. */
  readonly isFresh: boolean;
  /**
   * Sets keys in the file, keeping all else in it as it is, and gives the config that follows. Reads the file first, so
   * that an edit by somebody else in between is not lost; what depends on it is made from what the file says, whatever the
   * environment sets. Updates run one after the other.
   *
   * @throws WorkerError `config.not-saved` | `config.invalid` when somebody broke the file, which is then left alone
   */
  update(patch: ConfigPatch | ((inFile: Config) => ConfigPatch)): Promise<Config>;
  /** Reads the file again; an invalid one is a warning and leaves the config as it was. */
  reload(): Promise<void>;
  /** Gives a live key to its reader: the getter always returns the value in force. */
  live<Key extends LiveKey>(key: Key): () => Config[Key];
  /** Calls `apply` with the new value after each change of a live key. The returned function unsubscribes. */
  watch<Key extends LiveKey>(key: Key, apply: (value: Config[Key]) => void): () => void;
  /** Live keys that have had a reader in this process, by `live` or `watch`. */
  readonly followed: ReadonlySet<LiveKey>;
  /** Calls back after each change of any key, by us or by an edit. The returned function unsubscribes. */
  onChange(call: (config: Config, change: ConfigChange) => void): () => void;
  /** Stops following the file and drops all subscriptions. */
  close(): void;
}

export interface ConfigStoreOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readNamedText' | 'writeAtomic' | 'makeDir'>;
  readonly folders: Folders;
  readonly log: Logger;
  /** GiB, 0 when unknown. Asked only for a first file. */
  readonly detectVramGb: () => Promise<number>;
  /** Keys that the environment sets, which count before the file. */
  readonly overrides?: Partial<Config>;
  /** For commands that only read: a first file is shown as it would be, and not written. */
  readonly readOnly?: boolean;
  /** Left out by commands, which end before anybody could edit the file. */
  readonly watch?: Watch;
  /** Receives every secret before anything about it can be logged. */
  readonly learnSecret?: (secret: string) => void;
}

/**
 * Loads the config, or makes a first one.
 *
 * @throws WorkerError `config.invalid` | `config.not-saved`
 */
export async function openConfigStore(options: ConfigStoreOptions): Promise<ConfigStore> {
  const found = await readText(options);
  const text = found ?? (await firstText(options));
  const config = configIn(text, options, warnOfValue(options.log));
  warnOfMisspelt(text, options);
  return new FileConfigStore(options, { text, config, isFresh: found === undefined });
}

const configIn = (text: string, { path, folders, overrides }: ConfigStoreOptions, warn?: WarnOfValue): Config => ({
  ...readConfig(text, path, folders, warn),
  ...overrides,
});

function warnOfMisspelt(text: string, { path, log }: ConfigStoreOptions): void {
  for (const { key, meant } of misspeltKeys(text)) log.warn('config.unknown-key', { path, key, meant });
}

class FileConfigStore implements ConfigStore {
  readonly path: string;
  readonly isFresh: boolean;
  readonly #options: ConfigStoreOptions;
  readonly followed = new Set<LiveKey>();
  readonly #listeners = new Set<(config: Config, change: ConfigChange) => void>();
  readonly #unwatch: () => void;
  #config: Config;
  /** The file's last valid text, to restore from when somebody removed it. */
  #text: string;
  /** The end of the queue of reads and writes: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigStoreOptions, first: { text: string; config: Config; isFresh: boolean }) {
    this.path = options.path;
    this.isFresh = first.isFresh;
    this.#options = options;
    this.#text = first.text;
    this.#config = first.config;
    this.#learn(first.config);
    this.#unwatch = options.watch?.(options.path, () => void this.reload()) ?? ((): void => {});
  }

  get overridden(): readonly ConfigKey[] {
    return KEYS.filter((key) => this.#options.overrides?.[key] !== undefined);
  }

  get inFile(): readonly ConfigKey[] {
    const table = readTable(this.#text, this.path);
    return KEYS.filter((key) => Object.hasOwn(table, key));
  }

  get current(): Config {
    return this.#config;
  }

  update(patch: ConfigPatch | ((inFile: Config) => ConfigPatch)): Promise<Config> {
    return this.#inTurn(async () => {
      const before = (await readText(this.#options)) ?? this.#text;
      readTable(before, this.path); // what is no TOML would be replaced by the keys of the patch alone
      const { path, folders } = this.#options;
      const text = patchText(before, typeof patch === 'function' ? patch(readConfig(before, path, folders)) : patch);
      const config = configIn(text, this.#options);
      this.#learn(config);
      await save(this.#options, text);
      this.#adopt(text, config, 'debug');
      return config;
    });
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const text = await readText(this.#options);
        if (text === undefined)
          throw new WorkerError('config.invalid', `${this.path}: the file was removed`, {
            hint: 'Put the file back, or change a key with `studio-worker config set`; until then the settings in force stay.',
          });
        if (text === this.#text) return;
        const config = configIn(text, this.#options, warnOfValue(this.#options.log));
        warnOfMisspelt(text, this.#options);
        this.#learn(config);
        this.#adopt(text, config, 'info');
      } catch (thrown) {
        const { code, message, hint, fields } = toWorkerError(thrown);
        this.#options.log.warn('config.edit-ignored', { ...fields, code, because: message, hint });
      }
    });
  }

  live<Key extends LiveKey>(key: Key): () => Config[Key] {
    this.followed.add(key);
    return () => this.#config[key];
  }

  watch<Key extends LiveKey>(key: Key, apply: (value: Config[Key]) => void): () => void {
    this.followed.add(key);
    return this.onChange((config, { changedKeys }) => {
      if (changedKeys.includes(key)) apply(config[key]);
    });
  }

  onChange(call: (config: Config, change: ConfigChange) => void): () => void {
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  close(): void {
    this.#unwatch();
    this.#listeners.clear();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {}); // the caller gets the failure; the next in the queue need not
    return turn;
  }

  /** An edit from outside is logged at info; what this process writes is logged where it is written. */
  #adopt(text: string, config: Config, level: 'debug' | 'info'): void {
    const before = this.#config;
    this.#text = text;
    this.#config = config;
    const changedKeys = KEYS.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(config[key]));
    if (changedKeys.length === 0) return;
    const change: ConfigChange = {
      changedKeys,
      needsRestart: changedKeys.filter((key) => specOf(key)?.applies === 'restart'),
      unused: changedKeys.filter((key) => specOf(key)?.applies === 'unused'),
    };
    this.#options.log[level]('config.changed', { ...change });
    for (const call of this.#listeners) call(config, change);
  }

  #learn(config: Config): void {
    for (const key of KEYS) {
      const value = config[key];
      if (specOf(key)?.secret && typeof value === 'string') this.#options.learnSecret?.(value);
    }
  }
}

/** A first file, written unless the store is to read only. A threshold above the machine's memory would accept jobs that then run out of memory. */
async function firstText(options: ConfigStoreOptions): Promise<string> {
  const detectedGb = Math.floor((await options.detectVramGb()) * 100) / 100;
  const usualGb = CONFIG_KEYS.vram_threshold_gb.default;
  const isSmaller = detectedGb > 0 && detectedGb < usualGb;
  const text = freshText(isSmaller ? { vram_threshold_gb: detectedGb } : {});
  if (options.readOnly === true) return text;
  await save(options, text);
  options.log.info('config.created', { path: options.path, vramThresholdGb: isSmaller ? detectedGb : usualGb });
  return text;
}

const warnOfValue =
  (log: Logger): WarnOfValue =>
  (problem) =>
    log.warn('config.value-ignored', { ...problem });

/** A config is a page of text; what is larger is some other file. */
const MAX_BYTES = MIB;

async function readText({ files, path }: ConfigStoreOptions): Promise<string | undefined> {
  try {
    return await files.readNamedText(path, MAX_BYTES);
  } catch (thrown) {
    const { line } = thrown instanceof WorkerError ? thrown.fields : {};
    throw new WorkerError('config.invalid', `cannot read ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint:
        line === undefined
          ? 'Make the file readable for the account that runs the worker, or name another one with `--config`.'
          : `Save the file as UTF-8, or correct line ${line}.`,
      fields: { path, ...(line !== undefined && { line }) },
    });
  }
}

/** The file holds secrets, so it is the owner's alone; a half-written one would lose the registration, so it is replaced. */
async function save({ files, path, log }: ConfigStoreOptions, text: string): Promise<void> {
  try {
    await files.makeDir(siblingsOf(path).folder, { mode: 0o700 });
    await files.writeAtomic(path, text, { mode: 0o600, durable: true });
  } catch (thrown) {
    log.error('config.save-failed', { path, because: errorChain(thrown) });
    throw new WorkerError('config.not-saved', `cannot save ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for the account that runs the worker, and free some disk space.',
      fields: { path },
    });
  }
}
