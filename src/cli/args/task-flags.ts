import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { MAX_SIDE_PX, MAX_STEPS } from '../../base/media/result-limits.ts';
import { extsOf, isTaskKind, TASK_KIND_IDS, type TaskKindId } from '../../contract/tasks/index.ts';
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

type Flag = Exclude<keyof TaskFlags, 'kind' | 'images'>;
type Fields = Readonly<Record<string, unknown>>;
type Read = (text: string) => Fields;

/** What a kind of task makes of each flag; one that is not here does not apply to it. */
type KindFlags = { readonly [Name in Flag]?: Read } & {
  readonly image?: (first: string, more: readonly string[]) => Fields;
};

const pixels = { min: 1, max: MAX_SIDE_PX, whole: true } as const;
const steps = { min: 1, max: MAX_STEPS, whole: true } as const;

const prompt: Read = (text) => ({ prompt: text });
const size = {
  width: (text) => ({ width: toNumber('--width', text, pixels) }),
  height: (text) => ({ height: toNumber('--height', text, pixels) }),
} as const satisfies KindFlags;
const seed: Read = (text) => ({ seed: toSeed(text) });
const extFor =
  (kind: TaskKindId): Read =>
  (text) => ({ ext: toExt(text, kind) });

/** A flag that is left out asks for the model's own. */
const FLAGS: { readonly [Kind in TaskKindId]: KindFlags } = {
  image: {
    ...size,
    prompt,
    seed,
    steps: (text) => ({ steps: toNumber('--steps', text, steps) }),
    ext: extFor('image'),
  },
  llm: {
    prompt: (content) => ({ messages: [{ role: 'user', content }] }),
    image: (first, more) => ({ images: [first, ...more] }),
  },
  audio_stt: { prompt, 'input-url': (inputUrl) => ({ inputUrl }) },
  audio_tts: { prompt: (text) => ({ text }), ext: extFor('audio_tts') },
  video: {
    ...size,
    prompt,
    seconds: (text) => ({ seconds: toNumber('--seconds', text, { min: 0 }) }),
    ext: extFor('video'),
  },
  mesh: { seed, image: imageOfMesh },
};
const FLAG_NAMES: readonly Flag[] = ['prompt', 'input-url', 'width', 'height', 'steps', 'seed', 'seconds', 'ext'];

/** The kinds that a flag applies to, as a list for people: `image, video`. */
export const kindsTaking = (flag: keyof KindFlags): string =>
  TASK_KIND_IDS.filter((kind) => FLAGS[kind][flag] !== undefined).join(', ');

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
  const known: KindFlags = isTaskKind(kind) ? FLAGS[kind] : {};
  const fields = FLAG_NAMES.flatMap((name) => {
    const text = flags[name];
    if (text === undefined) return [];
    return [(known[name] ?? noSuchFlag(name, kind))(text)];
  });
  const parts = [fromFile, { kind }, ...fields, imageFields(flags.images, known.image ?? noSuchFlag('image', kind))];
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function imageFields([first, ...more]: readonly string[], read: NonNullable<KindFlags['image']>): Fields {
  return first === undefined ? {} : read(first, more);
}

function imageOfMesh(imageUrl: string, more: readonly string[]): Fields {
  if (more.length > 0) throw new WorkerError('cli.usage', '--image is given twice; a mesh is made from one image');
  return { imageUrl };
}

/** What reads a flag that the kind has no use for. */
const noSuchFlag = (flag: keyof KindFlags, kind: string) => (): never => {
  throw new WorkerError('cli.usage', `--${flag} does not apply to ${quoted(kind)}, only to ${kindsTaking(flag)}`);
};

function toExt(text: string, kind: TaskKindId): string {
  const exts = extsOf(kind);
  if (exts.includes(text.toLowerCase())) return text.toLowerCase();
  throw new WorkerError('cli.usage', `--ext is ${quoted(text)}; allowed for ${kind}: ${exts.join(', ')}`);
}

/** Seeds are unsigned 64-bit, which a plain number would round. */
function toSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text))
    throw new WorkerError('cli.usage', `--seed is ${quoted(text)}; allowed: a whole number`);
  return BigInt(text);
}
