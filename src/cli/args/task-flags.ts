import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { extsOf, MAX_SIDE_PX, MAX_STEPS } from '../../base/media/result-limits.ts';
import { TASK_KIND_IDS, type TaskKindId } from '../../contract/tasks/index.ts';
import { toNumber } from './values.ts';

/** The flags of `jobs create` that become fields of a task. */
export interface TaskFlags {
  readonly kind: TaskKindId | undefined;
  readonly prompt: string | undefined;
  readonly 'input-url': string | undefined;
  /** As `data:` URLs. */
  readonly images: readonly string[];
  readonly width: string | undefined;
  readonly height: string | undefined;
  readonly steps: string | undefined;
  readonly seed: string | undefined;
  readonly seconds: string | undefined;
  readonly ext: string | undefined;
}

type Field = Exclude<keyof TaskFlags, 'kind' | 'images'>;
type Fields = Readonly<Record<string, unknown>>;

/** A flag that is left out asks for the model's own. */
const pixels = { min: 1, max: MAX_SIDE_PX, whole: true } as const;
const steps = { min: 1, max: MAX_STEPS, whole: true } as const;

/** Which kinds a flag applies to, and what it becomes there. */
const FIELDS: {
  readonly [Name in Field]: {
    readonly of: readonly TaskKindId[];
    readonly read: (text: string, kind: string) => Fields;
  };
} = {
  prompt: { of: ['image', 'llm', 'audio_stt', 'audio_tts', 'video'], read: promptField },
  'input-url': { of: ['audio_stt'], read: (inputUrl) => ({ inputUrl }) },
  width: { of: ['image', 'video'], read: (text) => ({ width: toNumber('--width', text, pixels) }) },
  height: { of: ['image', 'video'], read: (text) => ({ height: toNumber('--height', text, pixels) }) },
  steps: { of: ['image'], read: (text) => ({ steps: toNumber('--steps', text, steps) }) },
  seed: { of: ['image', 'mesh'], read: (text) => ({ seed: toSeed(text) }) },
  seconds: { of: ['video'], read: (text) => ({ seconds: toNumber('--seconds', text, { min: 0 }) }) },
  ext: { of: ['image', 'audio_tts', 'video'], read: (text, kind) => ({ ext: toExt(text, kind) }) },
};
const FIELD_NAMES: readonly Field[] = ['prompt', 'input-url', 'width', 'height', 'steps', 'seed', 'seconds', 'ext'];

/**
 * The task that a file and flags describe together; flags win. Its fields are checked against the kind's schema later.
 *
 * @throws WorkerError `cli.usage` for a flag that does not apply to the kind
 */
export function taskFrom(flags: TaskFlags, fromFile: Fields): Fields {
  const kind = flags.kind ?? fromFile['kind'];
  if (typeof kind !== 'string') {
    throw new WorkerError('cli.usage', `--kind is missing; allowed: ${TASK_KIND_IDS.join(', ')}`);
  }
  const fields = FIELD_NAMES.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [fieldFrom(name, text, kind)];
  });
  const parts = [fromFile, { kind }, ...fields, imageFields(flags.images, kind)];
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** A chat may be about several images, a mesh is made from one. */
function imageFields(images: readonly string[], kind: string): Fields {
  const [imageUrl, ...more] = images;
  if (imageUrl === undefined) return {};
  if (kind === 'llm') return { images };
  if (kind !== 'mesh') {
    throw new WorkerError('cli.usage', `--image does not apply to ${quoted(kind)}, only to llm, mesh`);
  }
  if (more.length > 0) throw new WorkerError('cli.usage', '--image is given twice; a mesh is made from one image');
  return { imageUrl };
}

function fieldFrom(name: Field, text: string, kind: string): Fields {
  const { of, read } = FIELDS[name];
  if (of.some((known) => known === kind)) return read(text, kind);
  throw new WorkerError('cli.usage', `--${name} does not apply to ${quoted(kind)}, only to ${of.join(', ')}`);
}

/** Each kind has its own word for what people call the prompt. */
function promptField(text: string, kind: string): Fields {
  if (kind === 'llm') return { messages: [{ role: 'user', content: text }] };
  return kind === 'audio_tts' ? { text } : { prompt: text };
}

function toExt(text: string, kind: string): string {
  const exts = extsOf(kind) ?? [];
  if (exts.includes(text.toLowerCase())) return text.toLowerCase();
  throw new WorkerError('cli.usage', `--ext is ${quoted(text)}; allowed for ${kind}: ${exts.join(', ')}`);
}

/** Seeds are unsigned 64-bit, which a plain number would round. */
function toSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text))
    throw new WorkerError('cli.usage', `--seed is ${quoted(text)}; allowed: a whole number`);
  return BigInt(text);
}
