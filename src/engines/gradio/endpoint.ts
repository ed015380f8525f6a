import type { WorkerError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { type GradioApp, isList, isObject, unavailable } from './app.ts';

/** An endpoint of an app that generates an image from a prompt. */
export interface Endpoint {
  /** With its slash, as the app lists it: `/generate`. */
  readonly name: string;
  /** Its parameters, by what we have for them. */
  readonly takes: ReadonlyMap<ParameterUse, Parameter>;
}

/** One parameter of an endpoint. */
export interface Parameter {
  readonly name: string;
  readonly hasDefault: boolean;
  /** What its widget lets people choose from; endless where it has no such limit. */
  readonly minimum: number;
  readonly maximum: number;
}

/** What a task has for a parameter. */
export type ParameterUse = 'prompt' | 'negative' | 'width' | 'height' | 'steps' | 'cfg' | 'seed' | 'randomSeed';

const PROMPT = ['prompt', 'positiveprompt', 'prompttext', 'text'];
/** What apps call them, in lower case and without separators between words. */
const NAMES_BY_USE: readonly (readonly [ParameterUse, readonly string[]])[] = [
  ['prompt', PROMPT],
  ['negative', ['negativeprompt', 'negative']],
  ['width', ['width', 'imagewidth']],
  ['height', ['height', 'imageheight']],
  ['steps', ['steps', 'numinferencesteps', 'inferencesteps', 'numsteps', 'samplingsteps']],
  ['cfg', ['cfg', 'cfgscale', 'guidancescale', 'guidance']],
  ['seed', ['seed']],
  ['randomSeed', ['randomizeseed', 'randomseed', 'randomiseseed']],
];
/** Widgets that show images. */
const SHOWS_IMAGES: ReadonlySet<JsonValue | undefined> = new Set(['Image', 'Gallery', 'ImageSlider']);

/**
 * The endpoint that the operator named, else the only one that takes a prompt and shows an image.
 *
 * @throws WorkerError `engine.unavailable` that lists what is there instead
 */
export function chooseEndpoint(app: GradioApp, named: string | undefined): Endpoint {
  const { info, base } = app;
  const all = Object.entries(isObject(info['named_endpoints']) ? info['named_endpoints'] : {}).filter(
    (entry): entry is [string, JsonObject] => isObject(entry[1]),
  );
  const list = all.map(([name]) => name).join(', ') || 'none';
  if (named !== undefined) {
    const path = `/${named.replace(/^\/+/, '')}`;
    const found = all.find(([name]) => name === path);
    if (found !== undefined) return usable(app, ...found);
    throw unavailable(`the Gradio app at ${base} has no endpoint ${path}; it has: ${list}`, { hint: NAME_ONE });
  }
  const [only, ...others] = all.length === 1 ? all : all.filter(([, about]) => makesImages(about));
  if (only === undefined) {
    throw unavailable(`no endpoint of the Gradio app at ${base} generates an image from a prompt; it has: ${list}`, {
      hint: 'Give the function that generates images a parameter named `prompt`, an image as its output, and an `api_name`.',
    });
  }
  if (others.length === 0) return usable(app, ...only);
  const names = [only, ...others].map(([name]) => name).join(', ');
  throw unavailable(`several endpoints of the Gradio app at ${base} generate images: ${names}`, { hint: NAME_ONE });
}

const NAME_ONE = 'Set the one to use in the config: `gradio_api_name = "generate"`.';

const namesOf = (about: JsonObject): readonly string[] =>
  listed(about['parameters']).flatMap(({ parameter_name: name }) => (typeof name === 'string' ? [name] : []));

const listed = (value: JsonValue | undefined): readonly JsonObject[] => (isList(value) ? value.filter(isObject) : []);

function parametersOf({ config }: GradioApp, name: string, about: JsonObject): readonly Parameter[] {
  const widgets = widgetsOf(config, name);
  return listed(about['parameters']).flatMap(({ parameter_name: own, parameter_has_default: hasDefault }, at) => {
    if (typeof own !== 'string') return [];
    const { minimum, maximum } = widgets[at] ?? {};
    return [
      {
        name: own,
        hasDefault: hasDefault === true,
        minimum: typeof minimum === 'number' ? minimum : Number.NEGATIVE_INFINITY,
        maximum: typeof maximum === 'number' ? maximum : Number.POSITIVE_INFINITY,
      },
    ];
  });
}

/** The properties of the widgets that an endpoint is called from, in the order of its parameters. */
function widgetsOf(config: JsonObject, name: string): readonly JsonObject[] {
  const widgets = new Map(listed(config['components']).map((widget) => [widget['id'], widget]));
  const inputs = listed(config['dependencies']).find(({ api_name: own }) => own === name.slice(1))?.['inputs'];
  const found = (isList(inputs) ? inputs : []).map((id) => widgets.get(id));
  // What an app keeps per session is not a parameter.
  return found.filter((widget) => widget?.['type'] !== 'state').map((widget) => objectOr(widget?.['props']));
}

const objectOr = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

/** Apps write `Negative Prompt`, `negative_prompt` and `negativePrompt`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '');

const parameterFor = (names: readonly string[], parameters: readonly Parameter[]): Parameter | undefined =>
  names.flatMap((known) => parameters.find(({ name }) => plain(name) === known) ?? [])[0];

const makesImages = (about: JsonObject): boolean =>
  namesOf(about).some((name) => PROMPT.includes(plain(name))) &&
  listed(about['returns']).some(({ component }) => SHOWS_IMAGES.has(component));

function usable(app: GradioApp, name: string, about: JsonObject): Endpoint {
  const parameters = parametersOf(app, name, about);
  const takes = new Map(
    NAMES_BY_USE.flatMap(([use, names]) => {
      const found = parameterFor(names, parameters);
      return found === undefined ? [] : [[use, found] as const];
    }),
  );
  const list = namesOf(about).join(', ') || 'none';
  if (!takes.has('prompt')) {
    throw cannotUse(`the endpoint ${name} of the Gradio app has no parameter for the prompt; it has: ${list}`);
  }
  const ours = new Set(takes.values());
  const missing = parameters.filter((parameter) => !parameter.hasDefault && !ours.has(parameter));
  if (missing.length === 0) return { name, takes };
  const names = missing.map((parameter) => parameter.name).join(', ');
  throw cannotUse(`the endpoint ${name} of the Gradio app requires parameters that no task provides: ${names}`);
}

const cannotUse = (message: string): WorkerError =>
  unavailable(message, {
    hint: "Name the prompt's parameter `prompt` in the app and give all others a default, or set `gradio_api_name`.",
  });
