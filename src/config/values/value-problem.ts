import * as v from 'valibot';
import { quoted } from '../../base/foreign-text.ts';
import { suggest } from '../../base/suggest.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import { scheduleProblem } from './schedule.ts';
import type { KeyType } from '../key-types.ts';

/** Why a key does not take a value. The value may be a secret and is not repeated; the name of a kind is none. */
export interface ValueProblem {
  readonly because: string;
  /** The name in a table that is wrong, or whose value is; undefined where it is the whole value. */
  readonly part: string | undefined;
  /** Of which of several tables with the name of the key, from 0. */
  readonly index?: number | undefined;
}

/** What is wrong with a value that the schema of its key has refused. */
export function valueProblem(key: string, { shape, schema, expects }: KeyType, given: unknown): ValueProblem {
  if (shape === 'windows') return scheduleProblem(key, given);
  const item = v.safeParse(schema, given).issues?.[0].path?.[0];
  if (item === undefined || Array.isArray(given)) return { because: `${key} takes ${expects}`, part: undefined };
  const part = String(item.key);
  return { because: item.origin === 'key' ? noKind(key, part) : `${key}.${part} takes \`true\` or \`false\``, part };
}

/** What is wrong with a name that is no kind of task. */
export function noKind(key: string, name: string): string {
  const meant = suggest(name, TASK_KIND_IDS);
  const instead = meant === undefined ? `the kinds are ${TASK_KIND_IDS.join(', ')}` : `did you mean ${meant}?`;
  return `${key} names ${quoted(name)}, which is no kind of task; ${instead}`;
}
