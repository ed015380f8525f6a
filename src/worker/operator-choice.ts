import { TASK_KIND_IDS, type TaskKindId } from '../contract/tasks/index.ts';
import type { Engine } from '../engines/engine.ts';

/*
 * What the operator wants of all that this worker could do. Capabilities and the rules against offers both ask here, so
 * that nothing is advertised that would not be taken.
 */

export interface OperatorChoice {
  /** Kinds that are switched; any other is on. */
  readonly kinds: Readonly<Partial<Record<TaskKindId, boolean>>>;
  /** Model ids, and `<engine>:*` for all of an engine; empty means every model. */
  readonly models: readonly string[];
}

/** Whether the operator takes jobs of a kind. */
export const isKindOn = ({ kinds }: OperatorChoice, kind: TaskKindId): boolean => kinds[kind] !== false;

/** Whether the operator takes jobs for a model on an engine. */
export const isModelOn = ({ models }: OperatorChoice, model: string, engine: string): boolean =>
  models.length === 0 || models.includes(model) || models.includes(allOf(engine));

/** What an engine advertises per kind under that choice; empty when nothing is left. */
export function chosenModels(
  { id, models }: Pick<Engine, 'id' | 'models'>,
  choice: OperatorChoice,
): Readonly<Partial<Record<TaskKindId, readonly string[]>>> {
  const chosen: Partial<Record<TaskKindId, readonly string[]>> = {};
  for (const kind of TASK_KIND_IDS) {
    const left = isKindOn(choice, kind) ? (models[kind] ?? []).flatMap((name) => narrowed(name, id, choice)) : [];
    if (left.length > 0) chosen[kind] = left;
  }
  return chosen;
}

/** An engine that takes any model takes those that are named: which engine a model is for, only an offer says. */
function narrowed(name: string, engine: string, choice: OperatorChoice): readonly string[] {
  if (isModelOn(choice, name, engine)) return [name];
  return name === allOf(engine) ? choice.models.filter((model) => !model.endsWith(':*')) : [];
}

const allOf = (engine: string): string => `${engine}:*`;
