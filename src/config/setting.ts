import { WorkerError } from '../base/errors.ts';
import { TASK_KIND_IDS, type TaskKindId } from '../contract/tasks/index.ts';
import { toKey, unsetHint, valueOf } from './from-text.ts';
import { CONFIG_KEYS } from './keys.ts';
import { type Config, type ConfigKey, type ConfigPatch } from './schema.ts';
import { noKind } from './values/value-problem.ts';

/** What a command names: a key, or one switch of the table `kinds`, as in `kinds.mesh`. */
export interface Setting {
  readonly key: ConfigKey;
  readonly kind: TaskKindId | undefined;
}

const PREFIX = 'kinds.';

/** @throws WorkerError `cli.usage` with what was most likely meant */
export function toSetting(name: string): Setting {
  if (!name.startsWith(PREFIX)) return { key: toKey(name), kind: undefined };
  const kind = name.slice(PREFIX.length);
  const found = TASK_KIND_IDS.find((known) => known === kind);
  if (found !== undefined) return { key: 'kinds', kind: found };
  throw new WorkerError('cli.usage', noKind('kinds', kind), { hint: 'Name one kind, such as `kinds.video`.' });
}

/** The setting as the operator names it. */
export const nameOf = ({ key, kind }: Setting): string => (kind === undefined ? key : `${PREFIX}${kind}`);

/**
 * What a text, or undefined for the default, changes in a file that holds these values.
 *
 * @throws WorkerError `config.invalid`
 */
export function patchFor({ key, kind }: Setting, text: string | undefined): (inFile: Config) => ConfigPatch {
  if (kind === undefined) {
    const value = text === undefined ? undefined : valueOf(key, text, key);
    return () => ({ [key]: value });
  }
  const isOn = text === undefined ? undefined : toSwitch(nameOf({ key, kind }), text);
  return ({ kinds = {} }) => {
    const { [kind]: _before, ...others } = kinds;
    const after = isOn === undefined ? others : { ...kinds, [kind]: isOn };
    return { kinds: Object.keys(after).length === 0 ? undefined : after };
  };
}

function toSwitch(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new WorkerError('config.invalid', `${name} takes \`true\` or \`false\``, {
    hint: unsetHint(name),
    fields: { key: name },
  });
}

/** Whether a kind is on; one that nobody set is. */
export const switchIn = ({ kinds = {} }: Partial<Config>, kind: TaskKindId): boolean => kinds[kind] ?? true;

/** What people are told of a setting. */
export function aboutSetting({ key, kind }: Setting): {
  readonly sentence: string;
  readonly applies: 'live' | 'restart' | 'unused';
} {
  const { sentence, applies } = CONFIG_KEYS[key];
  return { sentence: kind === undefined ? sentence : `Whether this worker takes ${kind} tasks.`, applies };
}
