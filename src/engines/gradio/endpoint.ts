import type { WorkerError } from '../../base/errors.ts';
import { type GradioApp, unavailable } from './app.ts';
import { ENDLESS, type ListedEndpoint, type Widget } from './messages.ts';

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
const SHOWS_IMAGES: ReadonlySet<string> = new Set(['Image', 'Gallery', 'ImageSlider']);

/**
 * The endpoint that the operator named, else the only one that takes a prompt and shows an image.
 *
 * @throws WorkerError `engine.unavailable` that lists what is there instead
 */
export function chooseEndpoint(app: GradioApp, named: string | undefined): Endpoint {
  const { base } = app;
  const all = [...app.endpoints];
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

const namesOf = ({ parameters }: ListedEndpoint): readonly string[] =>
  parameters.flatMap(({ parameter_name: name }) => (name === '' ? [] : [name]));

function parametersOf(app: GradioApp, name: string, { parameters }: ListedEndpoint): readonly Parameter[] {
  const widgets = widgetsOf(app, name);
  return parameters.flatMap(({ parameter_name: own, parameter_has_default: hasDefault }, at) => {
    if (own === '') return [];
    const { minimum, maximum } = widgets[at]?.props ?? ENDLESS;
    return [{ name: own, hasDefault, minimum, maximum }];
  });
}

/** The widgets that an endpoint is called from, in the order of its parameters; undefined for one that is not known. */
function widgetsOf({ widgets, functions }: GradioApp, name: string): readonly (Widget | undefined)[] {
  const byId = new Map(widgets.map((widget) => [widget.id, widget]));
  const inputs = functions.find(({ api_name: own }) => own === name.slice(1))?.inputs ?? [];
  // What an app keeps per session is not a parameter.
  return inputs.map((id) => byId.get(id)).filter((widget) => widget?.type !== 'state');
}

/** Apps write `Negative Prompt`, `negative_prompt` and `negativePrompt`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '');

const parameterFor = (names: readonly string[], parameters: readonly Parameter[]): Parameter | undefined =>
  names.flatMap((known) => parameters.find(({ name }) => plain(name) === known) ?? [])[0];

const makesImages = (about: ListedEndpoint): boolean =>
  namesOf(about).some((name) => PROMPT.includes(plain(name))) &&
  about.returns.some(({ component }) => SHOWS_IMAGES.has(component));

function usable(app: GradioApp, name: string, about: ListedEndpoint): Endpoint {
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
