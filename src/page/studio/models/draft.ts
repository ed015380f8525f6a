import { type ModelDraft, type ModelView, WrittenModelSchema } from '../../../contract/operator/views.ts';
import { writeJson } from '../../../contract/json.ts';
import type { EngineName, ModelFile } from '../../../contract/model-source.ts';
import { readJson } from '../../../contract/read.ts';
import type { TaskKindId } from '../../../contract/tasks/index.ts';
import { MODELS } from '../../words/studio/models.ts';

/** A file of a model as it is typed. */
export interface FileForm {
  readonly role: ModelFile['role'];
  readonly url: string;
  readonly filename: string;
  readonly size: string;
  readonly sha256: string;
}

/** A model as it is typed; `kept` is what the form has no fields for. */
export interface ModelForm {
  readonly id: string;
  readonly name: string;
  readonly kind: TaskKindId;
  readonly engine: EngineName;
  readonly memory: string;
  readonly width: string;
  readonly height: string;
  readonly steps: string;
  readonly cfgScale: string;
  readonly files: readonly FileForm[];
  readonly kept: Partial<ModelDraft['source']['cliDefaults']>;
}

export const EMPTY_MODEL: ModelForm = {
  id: '',
  name: '',
  kind: 'image',
  engine: 'sd-cpp',
  memory: '0',
  width: '0',
  height: '0',
  steps: '0',
  cfgScale: '0',
  files: [],
  kept: {},
};

export const EMPTY_FILE: FileForm = { role: 'model', url: '', filename: '', size: '', sha256: '' };

/** A model of the registry as a form shows it. */
export function formOf({ id, displayName, kind, vramGbEstimate, source }: ModelDraft): ModelForm {
  const { width, height, steps, cfgScale, ...kept } = source.cliDefaults;
  return {
    id,
    name: displayName ?? '',
    kind,
    engine: source.engine,
    memory: String(vramGbEstimate),
    width: String(width),
    height: String(height),
    steps: String(steps),
    cfgScale: String(cfgScale),
    files: source.files.map(({ role, url, filename, approxBytes, sha256 }) => ({
      role,
      url,
      filename,
      size: approxBytes === undefined ? '' : String(approxBytes),
      sha256: sha256 ?? '',
    })),
    kept,
  };
}

/** What is wrong, by field; files by their place, as `file 0`. */
export type ModelErrors = Readonly<Record<string, string>>;

const WRONG = MODELS.wrong;
const decimal = (text: string): number => Number(text.trim().replace(',', '.'));
const isAmount = (text: string): boolean => text.trim() !== '' && decimal(text) >= 0;
const isWhole = (text: string): boolean => /^\d{1,10}$/.test(text.trim());

/** Empty where all is well. */
export function errorsIn(form: ModelForm): ModelErrors {
  const wrong: Record<string, string> = {};
  if (form.id.trim() === '') wrong['id'] = WRONG.id;
  if (!isAmount(form.memory)) wrong['memory'] = WRONG.memory;
  if (!isAmount(form.cfgScale)) wrong['cfgScale'] = WRONG.memory;
  for (const field of ['width', 'height', 'steps'] as const) if (!isWhole(form[field])) wrong[field] = WRONG.whole;
  for (const [at, file] of form.files.entries()) {
    const found = fileError(file);
    if (found !== undefined) wrong[`file ${at}`] = found;
  }
  return wrong;
}

function fileError({ url, filename, size, sha256 }: FileForm): string | undefined {
  if (URL.parse(url.trim()) === null) return WRONG.url;
  if (filename.trim() === '') return WRONG.filename;
  if (size.trim() !== '' && !isWhole(size) && !/^\d{1,19}$/.test(size.trim())) return WRONG.whole;
  return /^([0-9a-f]{64})?$/i.test(sha256.trim()) ? undefined : WRONG.sha256;
}

/** The model that a form without errors makes. */
export function draftOf(form: ModelForm): ModelDraft {
  const { id, name, kind, engine, memory, files, kept } = form;
  const [width, height, steps, cfgScale] = [form.width, form.height, form.steps, form.cfgScale].map(decimal);
  return {
    id: id.trim(),
    displayName: name.trim() === '' ? undefined : name.trim(),
    kind,
    vramGbEstimate: decimal(memory),
    source: {
      engine,
      files: files.map((file) => ({
        role: file.role,
        url: file.url.trim(),
        filename: file.filename.trim(),
        approxBytes: file.size.trim() === '' ? undefined : BigInt(file.size.trim()),
        sha256: file.sha256.trim() === '' ? undefined : file.sha256.trim().toLowerCase(),
      })),
      cliDefaults: {
        ...KEPT_NONE,
        ...kept,
        width: width ?? 0,
        height: height ?? 0,
        steps: steps ?? 0,
        cfgScale: cfgScale ?? 0,
      },
    },
  };
}

/** Defaults that are left out. */
const KEPT_NONE = {
  samplingMethod: undefined,
  flowShift: undefined,
  zeroCondT: undefined,
  offloadToCpu: undefined,
  contextSize: undefined,
  chatTemplateKwargs: undefined,
  mmap: undefined,
  maxVramGib: undefined,
  loraWeight: undefined,
  vision: undefined,
  pipeline: undefined,
  resolution: undefined,
  lowVram: undefined,
  decimationTarget: undefined,
  textureSize: undefined,
  mode: undefined,
} as const;

/** A model as JSON, as the command line takes it. */
export function jsonOf({ id, kind, displayName, vramGbEstimate, source }: ModelDraft): string {
  const compact = writeJson({ id, kind, displayName, vramGbEstimate, source });
  // Written by the line only where no integer is too long for a number of JavaScript.
  return /\d{16}/.test(compact) ? compact : JSON.stringify(JSON.parse(compact), null, 2);
}

/** Reads what somebody wrote; a field that nobody knows is a slip. */
export function readModel(text: string): { readonly draft: ModelDraft } | { readonly problem: string } {
  const read = readJson(WrittenModelSchema, text);
  if (read.is === 'unreadable') return { problem: read.problem };
  const { createdAt: _created, updatedAt: _updated, ...draft } = read.value;
  return { draft };
}

/** Models that hold a text in their name or ID. */
export const filterModels = (models: readonly ModelView[], search: string): readonly ModelView[] => {
  const wanted = search.trim().toLowerCase();
  return models.filter(({ id, displayName = '' }) => `${id} ${displayName}`.toLowerCase().includes(wanted));
};
