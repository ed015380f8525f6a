import { WorkerError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import type { CliDefaults } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Random } from '../../system/random.ts';
import type { Endpoint, Parameter, Wanted } from './endpoint.ts';

export interface Sources {
  readonly task: TaskOf<'image'>;
  readonly defaults: CliDefaults;
  /** For a seed that nobody gave and the app insists on. */
  readonly random: Pick<Random, 'unit'>;
}

/** Apps keep seeds in 32 bits with a sign (numpy's `int32`), and refuse larger ones. */
const LARGEST_SEED = 2 ** 31 - 1;
/** A task cannot say "none": it has this many steps when it says nothing. */
const UNSAID_STEPS = 20;
/** For an app that insists on a value where neither the task nor the model has one. */
const SIDE_PX = 1024;
const STEPS = 20;
const CFG_SCALE = 5;

/**
 * What the endpoint is called with; what nobody says anything about stays at the app's own default. A seed beyond what
 * the app takes is folded into it, always the same way.
 *
 * @throws WorkerError `task.invalid` for a number that the app's widgets do not go to
 */
export function valuesFor({ takes }: Endpoint, sources: Sources): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {};
  for (const [wanted, parameter] of takes) {
    const said = saidOf(wanted, parameter, sources);
    if (typeof said === 'number') assertWithin(said, parameter);
    const value = said ?? (parameter.hasDefault ? undefined : fallbackOf(wanted, parameter, sources));
    if (value !== undefined) values[parameter.name] = value;
  }
  return values;
}

function saidOf(wanted: Wanted, parameter: Parameter, { task, defaults }: Sources): JsonValue | undefined {
  switch (wanted) {
    case 'prompt':
      return task.prompt;
    case 'negative':
      return task.negativePrompt;
    case 'width':
      return positive(task.width, defaults.width);
    case 'height':
      return positive(task.height, defaults.height);
    case 'steps':
      return positive(task.steps === UNSAID_STEPS ? 0 : task.steps, defaults.steps);
    case 'cfg':
      return positive(task.cfgScale, defaults.cfgScale);
    case 'seed':
      return task.seed === undefined ? undefined : folded(task.seed, parameter);
    case 'randomSeed':
      return task.seed === undefined ? undefined : false;
    default:
      return wanted satisfies never;
  }
}

function fallbackOf(wanted: Wanted, parameter: Parameter, { random }: Sources): JsonValue {
  const near = (value: number): number => Math.max(parameter.minimum, Math.min(parameter.maximum, value));
  switch (wanted) {
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
      return folded(BigInt(Math.floor(random.unit() * LARGEST_SEED)), parameter);
    case 'randomSeed':
      return true;
    default:
      return wanted satisfies never;
  }
}

function folded(seed: bigint, { minimum, maximum }: Parameter): number {
  const least = BigInt(Math.ceil(Math.max(0, minimum)));
  const most = BigInt(Math.floor(Math.min(LARGEST_SEED, maximum)));
  if (seed >= least && seed <= most) return Number(seed);
  return most < least ? Number(least) : Number(least + (seed % (most - least + 1n)));
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
