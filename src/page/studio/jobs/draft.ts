import type { JobRequest, ModelView } from '../../../contract/operator/views.ts';
import { drawnSize } from '../../../contract/tasks/image.ts';
import { defaultOf, type TaskKindId } from '../../../contract/tasks/index.ts';
import { DEFAULT_FPS } from '../../../contract/tasks/video.ts';
import { NEW_JOB } from '../../words/studio/jobs.ts';

/** How a field of the form is filled in. `file` takes an address or an image from this machine. */
export type FieldType = 'area' | 'text' | 'whole' | 'number' | 'seed' | 'file';

export type FieldName = keyof typeof NEW_JOB.fields;

/** One field of a job's form. */
export interface FieldSpec {
  readonly name: FieldName;
  readonly type: FieldType;
  readonly required?: true;
  readonly unit?: string;
  /** What leaving it empty means; the default of the kind where it is not said. */
  readonly placeholder?: string;
  /** Shown when somebody asks for more. */
  readonly more?: true;
}

const NEGATIVE: FieldSpec = { name: 'negativePrompt', type: 'text', more: true };
const START_IMAGE: FieldSpec = { name: 'initImageUrl', type: 'file', more: true };
const PROMPT: FieldSpec = { name: 'prompt', type: 'area', required: true };
const SEED: FieldSpec = { name: 'seed', type: 'seed', placeholder: NEW_JOB.random };
const LANGUAGE: FieldSpec = { name: 'language', type: 'text', placeholder: NEW_JOB.detected };
const WIDTH: FieldSpec = { name: 'width', type: 'whole', unit: 'px' };
const HEIGHT: FieldSpec = { name: 'height', type: 'whole', unit: 'px' };
const USUAL = drawnSize({});

/** What the form of each kind asks for beside the model. */
export const FIELDS: Readonly<Record<TaskKindId, readonly FieldSpec[]>> = {
  image: [
    PROMPT,
    { ...WIDTH, placeholder: String(USUAL.width) },
    { ...HEIGHT, placeholder: String(USUAL.height) },
    { name: 'steps', type: 'whole' },
    SEED,
    NEGATIVE,
    { name: 'samplingMethod', type: 'text', placeholder: NEW_JOB.modelsOwn, more: true },
    { name: 'cfgScale', type: 'number', placeholder: NEW_JOB.modelsOwn, more: true },
    START_IMAGE,
    { name: 'denoise', type: 'number', more: true },
    { name: 'ext', type: 'text', more: true },
  ],
  llm: [
    { name: 'message', type: 'area', required: true },
    { name: 'maxTokens', type: 'whole' },
    { name: 'temperature', type: 'number' },
    { name: 'system', type: 'text', more: true },
    { name: 'topP', type: 'number', more: true },
    { ...SEED, more: true },
  ],
  audio_stt: [
    { name: 'inputUrl', type: 'text', required: true },
    LANGUAGE,
    { name: 'prompt', type: 'text', more: true },
    { name: 'timestamps', type: 'text', more: true },
  ],
  audio_tts: [
    { name: 'text', type: 'area', required: true },
    { name: 'voice', type: 'text' },
    { name: 'speed', type: 'number', placeholder: '1' },
    { ...LANGUAGE, more: true },
    { name: 'ext', type: 'text', more: true },
  ],
  video: [
    PROMPT,
    WIDTH,
    HEIGHT,
    { name: 'seconds', type: 'number', unit: 's' },
    { name: 'fps', type: 'whole', placeholder: String(DEFAULT_FPS) },
    NEGATIVE,
    START_IMAGE,
    { name: 'ext', type: 'text', more: true },
  ],
  mesh: [{ name: 'imageUrl', type: 'file', required: true }, SEED],
};

/** What every kind has. */
const SHARED_FIELDS: readonly FieldSpec[] = [
  { name: 'priority', type: 'whole', placeholder: '0', more: true },
  { name: 'gameId', type: 'text', placeholder: 'local', more: true },
  { name: 'assetName', type: 'text', more: true },
];

/** What somebody typed, by field. */
export type JobForm = Readonly<Partial<Record<FieldName, string>>>;
/** What is wrong, by field. */
export type JobFormErrors = JobForm;

/** Stands for the engine that needs no model. */
export const SYNTHETIC = '';

/** The recipe of the synthetic engine: no files, no defaults. */
const SYNTHETIC_SOURCE = {
  engine: 'synthetic',
  files: [],
  cliDefaults: { cfgScale: 1, steps: 8, width: 512, height: 512 },
} as const;

/** What a job of the form needs of a worker. */
export const needsOf = (kind: TaskKindId, model: ModelView | undefined) => ({
  kind,
  engine: model?.source.engine ?? 'synthetic',
  vramGb: model?.vramGbEstimate ?? 0,
});

const fieldsOf = (kind: TaskKindId): readonly FieldSpec[] => [
  ...FIELDS[kind].map((field) => withDefault(kind, field)),
  ...SHARED_FIELDS,
];

function withDefault(kind: TaskKindId, field: FieldSpec): FieldSpec {
  const standard = defaultOf(kind, field.name);
  const isShown = field.placeholder === undefined && (typeof standard === 'string' || typeof standard === 'number');
  return isShown ? { ...field, placeholder: String(standard) } : field;
}

/** The fields of a kind that are always shown, in their order. */
export const shownFieldsOf = (kind: TaskKindId): readonly FieldSpec[] => fieldsOf(kind).filter(({ more }) => !more);

/** The fields of a kind that are shown when somebody asks for more. */
export const moreFieldsOf = (kind: TaskKindId): readonly FieldSpec[] => fieldsOf(kind).filter(({ more }) => more);

const typed = (form: JobForm, name: FieldName): string => form[name]?.trim() ?? '';

/** What is wrong in a form; empty where all is well. */
export function errorsIn(kind: TaskKindId, form: JobForm): JobFormErrors {
  const errors: Partial<Record<FieldName, string>> = {};
  for (const { name, type, required } of fieldsOf(kind)) {
    const text = typed(form, name);
    if (text === '' && required === true) errors[name] = NEW_JOB.required;
    else if (text !== '') {
      const wrong = wrongIn(type, text);
      if (wrong !== undefined) errors[name] = wrong;
    }
  }
  return errors;
}

function wrongIn(type: FieldType, text: string): string | undefined {
  if (type === 'seed') return /^\d{1,20}$/.test(text) ? undefined : NEW_JOB.notWhole;
  if (type === 'whole') return /^-?\d{1,10}$/.test(text) ? undefined : NEW_JOB.notWhole;
  return type === 'number' && !Number.isFinite(numberIn(text)) ? NEW_JOB.notANumber : undefined;
}

/** Decimals are written with a comma, too. */
const numberIn = (text: string): number => Number(text.replace(',', '.'));

/** The job that a form without errors asks for. The studio reads the task by its contract, as anybody's. */
export function requestOf(kind: TaskKindId, form: JobForm, model: ModelView | undefined): JobRequest {
  const values = Object.fromEntries(
    fieldsOf(kind).flatMap(({ name, type }) => {
      const text = typed(form, name);
      return text === '' ? [] : [[name, valueOf(type, text)] as const];
    }),
  );
  const { message, priority, gameId, assetName, ...params } = values;
  const task = { kind, ...params, ...(message !== undefined && { messages: [{ role: 'user', content: message }] }) };
  const which =
    model === undefined ? { model: `synthetic-${kind}`, modelSource: SYNTHETIC_SOURCE } : { model: model.id };
  return requested({ ...which, task, priority, gameId, assetName });
}

/** A form holds what its table of fields says: there is no type that knows the table. */
const requested = (request: {
  readonly task: { readonly kind: TaskKindId };
  readonly [name: string]: unknown;
}): JobRequest =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above; the studio reads it by its schema
  request as JobRequest;

function valueOf(type: FieldType, text: string): string | number | bigint {
  if (type === 'seed') return BigInt(text);
  return type === 'whole' || type === 'number' ? numberIn(text) : text;
}
