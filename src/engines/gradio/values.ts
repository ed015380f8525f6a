import { WorkerError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import type { CliDefaults } from '../../contract/model-source.ts';
import { drawnSize } from '../../contract/tasks/image.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Random } from '../../system/random.ts';
import type { Endpoint, Parameter, ParameterUse } from './endpoint.ts';

/** Where values come from, the task before the model's defaults. */
export interface Sources {
  readonly task: TaskOf<'image'>;
  readonly defaults: CliDefaults;
  /** For a seed that the app insists on and the task does not have. */
  readonly random: Pick<Random, 'unit'>;
}

/** Apps keep seeds in 32 bits with a sign (numpy's `int32`), and reject larger ones. */
const MAX_SEED = 2 ** 31 - 1;
/** A task cannot ask for the model's own steps: it has this many when none are given. */
const DEFAULT_TASK_STEPS = 20;
/** For an app that insists on a value where neither the task nor the model has one. */
const SIDE_PX = 1024;
const STEPS = 20;
const CFG_SCALE = 5;

/**
 * What the endpoint is called with; what neither task nor model sets stays at the app's own default. A seed beyond what
 * the app takes is folded into it, always the same way.
 *
 * @throws WorkerError `task.invalid` for a number that the app's widgets do not go to
 */
export function valuesFor({ takes }: Endpoint, sources: Sources): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {};
  for (const [use, parameter] of takes) {
    const given = givenValue(use, parameter, sources);
    if (typeof given === 'number') assertWithin(given, parameter);
    const value = given ?? (parameter.hasDefault ? undefined : fallbackOf(use, parameter, sources));
    if (value !== undefined) values[parameter.name] = value;
  }
  return values;
}

function givenValue(use: ParameterUse, parameter: Parameter, { task, defaults }: Sources): JsonValue | undefined {
  switch (use) {
    case 'prompt':
      return task.prompt;
    case 'negative':
      return task.negativePrompt;
    case 'width':
      return positive(drawnSize(task).width, defaults.width);
    case 'height':
      return positive(drawnSize(task).height, defaults.height);
    case 'steps':
      return positive(task.steps === DEFAULT_TASK_STEPS ? 0 : task.steps, defaults.steps);
    case 'cfg':
      return positive(task.cfgScale, defaults.cfgScale);
    case 'seed':
      return task.seed === undefined ? undefined : folded(task.seed, parameter);
    case 'randomSeed':
      return task.seed === undefined ? undefined : false;
    default:
      return use satisfies never;
  }
}

function fallbackOf(use: ParameterUse, parameter: Parameter, { random }: Sources): JsonValue {
  const near = (value: number): number => Math.max(parameter.minimum, Math.min(parameter.maximum, value));
  switch (use) {
    case 'prompt':
    case 'negative':
      return '';
    case 'width':
    case 'height':
      return near(SIDE_PX);
    case 'steps':
      return near(STEPS);
    case 'cfg':
      return near(CFG_SCALE);
    case 'seed':
      return folded(BigInt(Math.floor(random.unit() * MAX_SEED)), parameter);
    case 'randomSeed':
      return true;
    default:
      return use satisfies never;
  }
}

function folded(seed: bigint, { minimum, maximum }: Parameter): number {
  const min = BigInt(Math.ceil(Math.max(0, minimum)));
  const max = BigInt(Math.floor(Math.min(MAX_SEED, maximum)));
  if (seed >= min && seed <= max) return Number(seed);
  return max < min ? Number(min) : Number(min + (seed % (max - min + 1n)));
}

function assertWithin(value: number, { name, minimum, maximum }: Parameter): void {
  if (value >= minimum && value <= maximum) return;
  const limit = value < minimum ? `at least ${minimum}` : `at most ${maximum}`;
  throw new WorkerError('task.invalid', `the Gradio app takes ${limit} for ${name}, not ${value}`, {
    hint: `Create the job with a number that the app takes for ${name}, or give the model such a default.`,
  });
}

const positive = (...numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.find((number) => number !== undefined && number > 0);
