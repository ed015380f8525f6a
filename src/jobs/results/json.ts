import { dereference, type Schema, type SchemaDraft, validate } from '@cfworker/json-schema';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { writeJson } from '../../contract/json.ts';
import { bad, type CheckFinding, GOOD, unchecked } from './check-finding.ts';

/** Names by which a schema says which draft it keeps to; one that says nothing keeps to the newest. */
const DRAFTS: readonly (readonly [RegExp, SchemaDraft])[] = [
  [/draft-0?4/, '4'],
  [/draft-0?[67]/, '7'],
  [/2019-09/, '2019-09'],
];

/** Whether a text is JSON that meets a schema. References to other documents are never fetched. */
export function checkJson(text: string, schema: unknown): CheckFinding {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('the reply is not JSON, and the task has a schema');
  }
  try {
    const { valid, errors } = validated(value, schema);
    if (valid) return GOOD;
    const [first] = errors.toSorted((a, b) => depthOf(b.instanceLocation) - depthOf(a.instanceLocation));
    return bad(`the reply does not meet its schema: \`${first?.keyword}\` at ${first?.instanceLocation}`);
  } catch (thrown) {
    // A keyword that holds nonsense, or a reference that leads nowhere.
    return unchecked(`the task's schema cannot be used: ${errorChain(thrown)}`);
  }
}

/** The innermost complaint names the field; the ones around it only say that something within is wrong. */
const depthOf = (pointer: string): number => pointer.split('/').length;

/** A reply refers to a part of its schema for each value in it; one that multiplies references blocks everything else. */
const MAX_REFERENCES = 100_000;

const endlessReferences = (): WorkerError =>
  new WorkerError('task.invalid', 'its schema references form a cycle', {
    hint: 'Create the job with a schema whose `$ref`s lead to fewer parts.',
  });

function validated(value: unknown, schema: unknown): ReturnType<typeof validate> {
  // Numbers as the reply has them: the validator knows no `bigint`.
  const plain: Schema | boolean = JSON.parse(writeJson(schema));
  const declared = typeof plain === 'object' && plain !== null ? (plain.$schema ?? '') : '';
  const draft = DRAFTS.find(([name]) => name.test(declared))?.[1] ?? '2020-12';
  let followed = 0;
  const lookup = new Proxy(dereference(plain), {
    get(parts, name) {
      followed += 1;
      if (followed > MAX_REFERENCES) throw endlessReferences();
      return Reflect.get(parts, name);
    },
  });
  return validate(value, plain, draft, lookup, false);
}
