import { WorkerError } from '../../../../base/errors.ts';
import type { ModelDraft } from '../../../../contract/operator/views.ts';
import { modelFrom, type ModelFlags } from '../../../args/model-flags.ts';
import type { World } from '../../../world.ts';

/** Where a model comes from: flags, over a description that a file or the studio holds. */
export interface GivenModel {
  readonly flags: ModelFlags;
  readonly base: Readonly<Record<string, unknown>> | undefined;
  /** What an error calls it. */
  readonly name: string;
}

/** The model as the studio takes it, checked with the studio's own schema and as a worker would. @throws WorkerError `cli.usage` */
export async function readDraft(
  { flags, base, name }: GivenModel,
  world: Pick<World, 'operatorApi'>,
): Promise<ModelDraft> {
  const api = await world.operatorApi();
  const draft = api.readJson(api.WrittenModelSchema, api.writeJson(modelFrom(flags, base, api.parseJson)));
  if (draft.is === 'unreadable') throw new WorkerError('cli.usage', `${name} is not a valid model: ${draft.problem}`);
  const problem = api.sourceProblem(draft.value.id, draft.value.source);
  if (problem === undefined) return draft.value;
  throw new WorkerError('cli.usage', `no job could run on this model: ${problem.message}`, {
    hint: problem.hint ?? '',
  });
}
