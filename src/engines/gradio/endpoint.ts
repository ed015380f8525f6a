import type { WorkerError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { CliDefaults } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { type GradioApp, isList, isObject, unavailable } from './app.ts';

/** An endpoint of an app that paints from a prompt. */
export interface Endpoint {
  /** With its slash, as the app lists it: `/generate`. */
  readonly name: string;
  /** The names of its parameters, by what we have for them. */
  readonly takes: ReadonlyMap<Wanted, string>;
}

/** What a task has for a parameter. */
type Wanted = 'prompt' | 'negative' | 'width' | 'height' | 'steps' | 'cfg' | 'seed' | 'randomSeed';

const PROMPT = ['prompt', 'positiveprompt', 'prompttext', 'text'];
/** How apps call them, in lower case and without what stands between words. */
const WANTED: readonly (readonly [Wanted, readonly string[]])[] = [
  ['prompt', PROMPT],
  ['negative', ['negativeprompt', 'negative']],
  ['width', ['width', 'imagewidth']],
  ['height', ['height', 'imageheight']],
  ['steps', ['steps', 'numinferencesteps', 'inferencesteps', 'numsteps', 'samplingsteps']],
  ['cfg', ['cfg', 'cfgscale', 'guidancescale', 'guidance']],
  ['seed', ['seed']],
  ['randomSeed', ['randomizeseed', 'randomseed', 'randomiseseed']],
];
/** Widgets that show pictures. */
const SHOWS_PICTURES: ReadonlySet<JsonValue | undefined> = new Set(['Image', 'Gallery', 'ImageSlider']);

/**
 * The endpoint that the operator named, else the only one that takes a prompt and shows a picture.
 *
 * @throws WorkerError `engine.unavailable` that says what is there instead
 */
export function chooseEndpoint({ info, base }: Pick<GradioApp, 'info' | 'base'>, named: string | undefined): Endpoint {
  const all = Object.entries(isObject(info['named_endpoints']) ? info['named_endpoints'] : {}).filter(
    (entry): entry is [string, JsonObject] => isObject(entry[1]),
  );
  const list = all.map(([name]) => name).join(', ') || 'none';
  if (named !== undefined) {
    const wanted = `/${named.replace(/^\/+/, '')}`;
    const found = all.find(([name]) => name === wanted);
    if (found !== undefined) return usable(...found);
    throw unavailable(`the Gradio app at ${base} has no endpoint ${wanted}; it has: ${list}`, { hint: NAME_ONE });
  }
  const [only, ...others] = all.length === 1 ? all : all.filter(([, about]) => paints(about));
  if (only === undefined) {
    throw unavailable(`no endpoint of the Gradio app at ${base} makes a picture from a prompt; it has: ${list}`, {
      hint: 'Give the function that paints a parameter named `prompt`, an image as its output, and an `api_name`.',
    });
  }
  if (others.length === 0) return usable(...only);
  const names = [only, ...others].map(([name]) => name).join(', ');
  throw unavailable(`several endpoints of the Gradio app at ${base} paint: ${names}`, { hint: NAME_ONE });
}

const NAME_ONE = 'Name the one that paints in the config: `gradio_api_name = "generate"`.';

interface Parameter {
  readonly name: string;
  readonly hasDefault: boolean;
}

function parametersOf(about: JsonObject): readonly Parameter[] {
  const listed = isList(about['parameters']) ? about['parameters'].filter(isObject) : [];
  return listed.flatMap(({ parameter_name: name, parameter_has_default: hasDefault }) =>
    typeof name === 'string' ? [{ name, hasDefault: hasDefault === true }] : [],
  );
}

/** Apps write `Negative Prompt`, `negative_prompt` and `negativePrompt`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '');

const parameterFor = (names: readonly string[], parameters: readonly Parameter[]): string | undefined =>
  names.flatMap((wanted) => parameters.find(({ name }) => plain(name) === wanted)?.name ?? [])[0];

function paints(about: JsonObject): boolean {
  const returns = isList(about['returns']) ? about['returns'].filter(isObject) : [];
  return (
    parameterFor(PROMPT, parametersOf(about)) !== undefined &&
    returns.some(({ component }) => SHOWS_PICTURES.has(component))
  );
}

function usable(name: string, about: JsonObject): Endpoint {
  const parameters = parametersOf(about);
  const takes = new Map(
    WANTED.flatMap(([wanted, names]) => {
      const found = parameterFor(names, parameters);
      return found === undefined ? [] : [[wanted, found] as const];
    }),
  );
  const list = parameters.map((parameter) => parameter.name).join(', ') || 'none';
  if (!takes.has('prompt')) {
    throw cannotUse(`the endpoint ${name} of the Gradio app has no parameter for the prompt; it has: ${list}`);
  }
  const ours = new Set(takes.values());
  const missing = parameters.filter((parameter) => !parameter.hasDefault && !ours.has(parameter.name));
  if (missing.length === 0) return { name, takes };
  const names = missing.map((parameter) => parameter.name).join(', ');
  throw cannotUse(`the endpoint ${name} of the Gradio app needs what no task has: ${names}`);
}

const cannotUse = (message: string): WorkerError =>
  unavailable(message, {
    hint: "Name the prompt's parameter `prompt` in the app and give all others a default, or set `gradio_api_name`.",
  });

/** Apps keep seeds in 32 bits with a sign (numpy's `int32`), and refuse larger ones. */
const SEEDS = 2n ** 31n;
/** A task cannot say "none": it has this many steps when it says nothing. */
const UNSAID_STEPS = 20;

/**
 * What the endpoint is called with; what is left out stays at the app's own default. A seed beyond what apps take is
 * folded into it, always the same way.
 */
export function valuesFor(
  { takes }: Endpoint,
  task: TaskOf<'image'>,
  defaults: CliDefaults,
): Record<string, JsonValue> {
  const { seed } = task;
  const have: Readonly<Record<Wanted, JsonValue | undefined>> = {
    prompt: task.prompt,
    negative: task.negativePrompt,
    width: positive(task.width, defaults.width),
    height: positive(task.height, defaults.height),
    steps: positive(task.steps === UNSAID_STEPS ? 0 : task.steps, defaults.steps),
    cfg: positive(task.cfgScale, defaults.cfgScale),
    seed: seed === undefined ? undefined : Number(seed % SEEDS),
    randomSeed: seed === undefined ? undefined : false,
  };
  const values: Record<string, JsonValue> = {};
  for (const [wanted, name] of takes) {
    const value = have[wanted];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

const positive = (...numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.find((number) => number !== undefined && number > 0);
