import type { ConfigChanges, ConfigEntry, ConfigValues } from '../../config/values/command-values.ts';

/** The config file, as commands see and change it. */
export interface OpenedConfig {
  readonly path: string;
  /** False while there is no file and its defaults are all there is to show. */
  readonly exists: boolean;
  readonly values: ConfigValues;
  /** `# <path>`, and below it the file as TOML, secrets masked. */
  toml(): string;
  /** The same as data by the file's own keys, secrets masked. */
  facts(): Readonly<Record<string, unknown>>;
  /** Keys that the environment sets, each with its variable: what the file says of them does not count. */
  readonly overridden: readonly { readonly key: string; readonly variable: string }[];
  /** One key, or one kind as `kinds.video`. @throws WorkerError `cli.usage` when there is none of that name */
  entry(key: string): ConfigEntry;
  /**
   * Sets a key in the file to what a text says, checked as the file is; undefined takes it out, which restores the default.
   *
   * @throws WorkerError `cli.usage` | `config.invalid` | `config.not-saved` | `config.insecure-url`
   */
  set(key: string, text: string | undefined): Promise<ConfigEntry>;
  /**
   * Saves some keys and leaves the others as they are.
   *
   * @throws WorkerError `config.not-saved` | `config.insecure-url`
   */
  update(patch: ConfigChanges): Promise<void>;
  /**
   * Trades a bootstrap token for credentials and saves them; returns the worker's id.
   *
   * @throws WorkerError `studio.refused` | `registration.failed` | `config.not-saved` | `config.insecure-url`
   */
  bootstrap(token: string): Promise<string>;
  /** Forgets who this worker is to the studio: credentials, request and install id. */
  resetRegistration(): Promise<void>;
}
