import * as v from 'valibot';
import { WorkerError } from '../base/errors.ts';
import type { KeyType } from './key-types.ts';
import { type Config, type ConfigKey, type ConfigPatch, KEYS, specOf } from './schema.ts';
import { checkBaseUrl } from './urls.ts';
import { valueProblem } from './values/value-problem.ts';

/*
 * Config values that arrive as JSON, from a form. What a file may say and a form may not is refused here: a file of
 * another version has to stay readable, while whoever fills in a form can be told at once.
 */

/** What a form changes, or what is wrong with it, by key. Problems never repeat a secret. */
export type JsonPatch =
  | { readonly is: 'patch'; readonly patch: ConfigPatch }
  | { readonly is: 'refused'; readonly problems: Readonly<Record<string, string>> };

/** Seconds; studio contract. */
const MIN_UPDATE_INTERVAL = 60;

/** Reads values under the names of the file; `null` takes a key out, which restores its default. */
export function patchFromJson(values: Readonly<Record<string, unknown>>, current: Config): JsonPatch {
  const problems: Record<string, string> = {};
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const key = KEYS.find((known) => known === name);
    if (key === undefined) problems[name] = 'is no key of the config';
    else if (specOf(key)?.group === undefined) problems[name] = 'is written by the worker itself';
    else {
      const read = readOne(key, value);
      if (read.is === 'refused') problems[name] = read.because;
      else patch[key] = read.value;
    }
  }
  const url = urlProblem(patch, current);
  if (url !== undefined) problems['api_base_url'] ??= url;
  // Each value was read by the schema of its own key.
  return Object.keys(problems).length > 0 ? { is: 'refused', problems } : { is: 'patch', patch };
}

type OneRead = { readonly is: 'read'; readonly value: unknown } | { readonly is: 'refused'; readonly because: string };

function readOne(key: ConfigKey, value: unknown): OneRead {
  const spec = specOf(key);
  if (spec === undefined || value === null || value === '') return { is: 'read', value: undefined };
  const given =
    spec.type.whole === true && typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  const parsed = v.safeParse(spec.type.schema, given);
  const problem = parsed.success ? limitProblem(key, spec.type, parsed.output) : typeProblem(key, spec.type, value);
  return problem === undefined ? { is: 'read', value: parsed.output } : { is: 'refused', because: problem };
}

/** A number out of its bounds is repeated: it is no secret, and whoever typed it sees what arrived. */
function typeProblem(key: ConfigKey, type: KeyType, value: unknown): string {
  if (type.range !== undefined && typeof value === 'number') return rangeProblem(type.range, value);
  const { because, part } = valueProblem(key, type, value);
  return part === undefined && type.shape !== 'windows' ? `must be ${type.expects}` : because;
}

function limitProblem(key: ConfigKey, { range }: KeyType, value: unknown): string | undefined {
  if (typeof value === 'number' && range !== undefined && (value < range.min || value > range.max)) {
    return rangeProblem(range, value);
  }
  if (key === 'auto_update_interval_secs' && typeof value === 'number' && value < MIN_UPDATE_INTERVAL) {
    return `must be at least ${MIN_UPDATE_INTERVAL} (got ${value})`;
  }
  const isUrl = specOf(key)?.url === true && key !== 'api_base_url';
  return isUrl && typeof value === 'string' && !isHttp(value) ? 'must be an http(s) URL' : undefined;
}

/** Studio contract, the text of this refusal. */
const rangeProblem = ({ min, max }: NonNullable<KeyType['range']>, value: number): string =>
  `must be a whole number of GB from ${min} to ${max} (got ${value})`;

/** Whether plain http is allowed is a key of its own, which the same form may change. */
function urlProblem(patch: Readonly<Record<string, unknown>>, current: Config): string | undefined {
  const { api_base_url: url, allow_insecure_http: allow = current.allow_insecure_http } = patch;
  if (typeof url !== 'string') return undefined;
  try {
    checkBaseUrl(url, { allowInsecureHttp: allow === true });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof WorkerError) return thrown.message.replace(/^api_base_url /, '');
    throw thrown;
  }
}

function isHttp(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}
