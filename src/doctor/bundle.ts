import type { BuildOrigin } from '../base/build/origin.ts';
import { type Config, KEYS, specOf } from '../config/schema.ts';
import type { Examined } from './examine.ts';

/** What a bug report needs to know of a machine, before secrets are removed. */
export interface BundleParts {
  readonly version: string;
  /** What the executable was built from. */
  readonly build: BuildOrigin;
  readonly platform: string;
  readonly arch: string;
  /** ISO 8601. */
  readonly writtenAt: string;
  readonly findings: readonly Examined[];
  /** The config with its secrets masked; undefined when it cannot be read. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** The running worker's status and offers, as far as it answered. */
  readonly worker: unknown;
  readonly offers: unknown;
  readonly gpus: unknown;
  readonly engines: unknown;
  /** The text of the service's file; undefined without one. */
  readonly service: string | undefined;
  /** The end of the worker's log, where the system keeps it. */
  readonly log: readonly string[];
}

/** Prompts are the studio's, and no bug report needs them. */
const LEFT_OUT = new Set(['prompt', 'promptPreview']);

/**
 * The bundle as JSON. `clean` blanks secrets in a text; the home folder goes too, since it names its owner.
 */
export function bundleText(parts: BundleParts, clean: (text: string) => string, homeDir: string): string {
  const withoutHome = (text: string): string => (homeDir.length > 1 ? text.replaceAll(homeDir, '~') : text);
  const replacer = (key: string, value: unknown): unknown => {
    if (LEFT_OUT.has(key)) return undefined;
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string' ? withoutHome(clean(value)) : value;
  };
  return `${JSON.stringify(parts, replacer, 2)}\n`;
}

/** Variables that hold a secret of ours. */
const SECRET_VARIABLES = ['SENTRY_DSN', 'STUDIO_WORKER_STUDIO_TOKEN'];

/** All that must not be in a bundle: the values of secret keys, and of variables. */
export function secretsOf(
  config: Config | undefined,
  variable: (name: string) => string | undefined,
): readonly string[] {
  const keys = config === undefined ? [] : KEYS.filter((key) => specOf(key)?.secret === true);
  return [...keys.map((key) => config?.[key]), ...SECRET_VARIABLES.map(variable)].filter(
    (value): value is string => typeof value === 'string' && value !== '',
  );
}

/** The last lines of a text; nothing of an empty one. A line break at its end begins no line. */
export const lastLines = (text: string, count: number): readonly string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n').slice(-count);
