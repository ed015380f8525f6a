import type { ApiRequest } from '../../../local-api/contract/routes.ts';
import { MODELS } from '../../words/models.ts';

/** What somebody typed to add a model. */
export interface ModelForm {
  readonly url: string;
  readonly id: string;
  readonly sha256: string;
  /** In GiB. */
  readonly memory: string;
}

export const EMPTY_FORM: ModelForm = { url: '', id: '', sha256: '', memory: '' };

/** What is wrong, by field. */
export type FormErrors = Partial<Readonly<Record<keyof ModelForm, string>>>;

/** What a file is for, by how it ends: one file makes these models. */
const BY_ENDING = [
  { ending: '.gguf', kind: 'llm', engine: 'llama-cpp' },
  { ending: '.bin', kind: 'audio_stt', engine: 'whisper-cpp' },
] as const;

const WORDS = MODELS.form;

const filenameOf = (url: string): string => URL.parse(url)?.pathname.split('/').at(-1) ?? '';
const typeOf = (url: string) => BY_ENDING.find(({ ending }) => filenameOf(url).toLowerCase().endsWith(ending));

/** The ID that an address suggests, as long as nobody typed another one. */
export const suggestedId = (url: string): string =>
  decodeSafely(filenameOf(url))
    .replace(/\.(gguf|bin)$/i, '')
    .replaceAll(/[^\w.-]+/g, '-');

/** Empty where all is well. */
export function errorsIn({ url, id, sha256, memory }: ModelForm, taken: ReadonlySet<string>): FormErrors {
  const parsed = URL.parse(url.trim());
  const isGood = parsed?.protocol === 'https:' && typeOf(url.trim()) !== undefined;
  const gb = Number(memory.replace(',', '.'));
  return {
    ...(isGood ? {} : { url: WORDS.badUrl }),
    ...(/^[\w.-]+$/.test(id.trim()) ? (taken.has(id.trim()) ? { id: WORDS.takenId } : {}) : { id: WORDS.badId }),
    ...(/^([0-9a-f]{64})?$/i.test(sha256.trim()) ? {} : { sha256: WORDS.badSha }),
    ...(Number.isFinite(gb) && gb >= 0 ? {} : { memory: WORDS.badMemory }),
  };
}

/** The entry of the catalogue that a form without errors makes. */
export function entryOf(form: ModelForm): ApiRequest<'putModel'> {
  const url = form.url.trim();
  const type = typeOf(url) ?? BY_ENDING[0];
  const [id, sha256] = [form.id.trim(), form.sha256.trim().toLowerCase()];
  return {
    id,
    displayName: id,
    kind: type.kind,
    vramGbEstimate: Number(form.memory.replace(',', '.')),
    enabled: true,
    origin: 'local',
    source: {
      engine: type.engine,
      files: [{ role: 'model', url, filename: filenameOf(url), ...(sha256 === '' ? {} : { sha256 }) }],
      cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 },
    },
  };
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare percent sign stands for itself
  }
}
