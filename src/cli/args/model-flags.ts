import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import type { CliDefaults, FileRole } from '../../contract/model-source.ts';
import type { Values } from '../command.ts';
import type { MODEL_ARGS } from './model-args.ts';
import { toNumber } from './values.ts';

type ModelArgs = typeof MODEL_ARGS;
/** The flags of a model, as the command line gave them. */
export type ModelFlags = Values<ModelArgs, 'lora'>;
type FlagName = keyof ModelArgs;
type Fields = Readonly<Record<string, unknown>>;
type Parse = Pick<JSON, 'parse'>['parse'];

const U32_MAX = 0xffff_ffff;

/** Which flag gives the files of a role. */
const ROLE_FLAGS = {
  model: 'model',
  'diffusion-model': 'diffusion-model',
  'high-noise-diffusion-model': 'high-noise-diffusion-model',
  'text-encoder': 'text-encoder',
  t5xxl: 't5xxl',
  'text-encoder-vision': 'text-encoder-vision',
  'clip-vision': 'clip-vision',
  vae: 'vae',
  lora: 'lora',
  labels: 'labels',
  config: 'voice-config',
  vad: 'vad',
} as const satisfies Readonly<Record<FileRole, FlagName>>;

interface DefaultFlag {
  readonly flag: FlagName;
  readonly is: 'decimal' | 'whole' | 'text' | 'switch' | 'object';
}

/** Which flag gives a default, and what it holds. */
const DEFAULT_FLAGS = {
  cfgScale: { flag: 'cfg-scale', is: 'decimal' },
  steps: { flag: 'steps', is: 'whole' },
  width: { flag: 'width', is: 'whole' },
  height: { flag: 'height', is: 'whole' },
  samplingMethod: { flag: 'sampling-method', is: 'text' },
  flowShift: { flag: 'flow-shift', is: 'decimal' },
  zeroCondT: { flag: 'zero-cond-t', is: 'switch' },
  offloadToCpu: { flag: 'offload-to-cpu', is: 'switch' },
  contextSize: { flag: 'context-size', is: 'whole' },
  chatTemplateKwargs: { flag: 'chat-template-kwargs', is: 'object' },
  mmap: { flag: 'mmap', is: 'switch' },
  maxVramGib: { flag: 'max-vram-gib', is: 'decimal' },
  loraWeight: { flag: 'lora-weight', is: 'decimal' },
  vision: { flag: 'vision', is: 'object' },
  pipeline: { flag: 'pipeline', is: 'text' },
  resolution: { flag: 'resolution', is: 'whole' },
  lowVram: { flag: 'low-vram', is: 'switch' },
  decimationTarget: { flag: 'decimation-target', is: 'whole' },
  textureSize: { flag: 'texture-size', is: 'whole' },
  mode: { flag: 'mode', is: 'text' },
} as const satisfies Readonly<Record<keyof CliDefaults, DefaultFlag>>;

/** The four that a source has to name; 0 means that the model has no default. */
const NO_DEFAULTS = { cfgScale: 0, steps: 0, width: 0, height: 0 };

/**
 * The model that a file and flags describe together; flags win, and their files take the place of those with the same
 * role. Its fields are checked against the studio's schema later.
 *
 * @param fromFile undefined without a file, when the flags have to say everything
 * @throws WorkerError `cli.usage` naming the flag
 */
export function modelFrom(flags: ModelFlags, fromFile: Fields | undefined, parse: Parse): Fields {
  if (fromFile === undefined) assertComplete(flags);
  const { source: given, ...model } = fromFile ?? {};
  const { files = [], cliDefaults, ...source }: Fields = isObject(given) ? given : {};
  const added = filesFrom(flags);
  const kept = Array.isArray(files)
    ? files.filter((file) => !isObject(file) || !added.some(({ role }) => role === file['role']))
    : files;
  return {
    ...model,
    ...present({ id: flags.id, kind: flags.kind, displayName: flags.name }),
    ...(flags.vram === undefined ? {} : { vramGbEstimate: toNumber('--vram', flags.vram, { min: 0 }) }),
    source: {
      ...source,
      ...present({ engine: flags.engine }),
      files: Array.isArray(kept) ? [...kept, ...added] : kept,
      cliDefaults: {
        ...(fromFile === undefined ? NO_DEFAULTS : {}),
        ...(isObject(cliDefaults) ? cliDefaults : {}),
        ...defaultsFrom(flags, parse),
      },
    },
  };
}

function assertComplete(flags: ModelFlags): void {
  for (const name of ['id', 'kind', 'engine', 'vram'] as const) {
    if (flags[name] !== undefined) continue;
    throw new WorkerError('cli.usage', `--${name} is missing; a model is described by flags or by a JSON file`, {
      hint: 'Run `studio-worker studio models add --help` for examples.',
    });
  }
}

function filesFrom(flags: ModelFlags) {
  return Object.entries(ROLE_FLAGS).flatMap(([role, flag]) =>
    [flags[flag] ?? []].flat().map((text) => fileAt(role, `--${flag}`, text)),
  );
}

const FACTS = ['filename', 'sha256', 'bytes'];

/** A file by the URL that an argument names. What a server does not need to know stands behind a `#`: `#sha256=…&bytes=…&filename=…`. */
export function fileAt<Role extends string>(role: Role, flag: string, text: string) {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new WorkerError(
      'cli.usage',
      `${flag} is ${quoted(text)}; allowed: a URL that starts with https:// or http://`,
    );
  }
  const facts = new URLSearchParams(url.hash.slice(1));
  url.hash = '';
  const unknown = [...facts.keys()].find((name) => !FACTS.includes(name));
  if (unknown !== undefined) {
    throw new WorkerError('cli.usage', `${flag} has ${quoted(unknown)} behind the #; allowed: ${FACTS.join(', ')}`);
  }
  const filename = facts.get('filename') ?? lastSegment(url);
  if (filename === '') {
    throw new WorkerError(
      'cli.usage',
      `${flag} does not end in a file name; add one: ${quoted(`${url.href}#filename=…`)}`,
    );
  }
  const [sha256, bytes] = [facts.get('sha256'), facts.get('bytes')];
  if (sha256 !== null && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new WorkerError('cli.usage', `${flag}: sha256 is ${quoted(sha256)}; allowed: 64 hexadecimal digits`);
  }
  const approxBytes = bytes === null ? {} : { approxBytes: toNumber(`${flag}: bytes`, bytes, { min: 0, whole: true }) };
  return {
    role,
    url: url.href,
    filename,
    ...approxBytes,
    ...(sha256 === null ? {} : { sha256: sha256.toLowerCase() }),
  };
}

function lastSegment({ pathname }: URL): string {
  const segment = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a bare % is part of the name
  }
}

function defaultsFrom(flags: ModelFlags, parse: Parse): Fields {
  const given = Object.entries(DEFAULT_FLAGS).flatMap(([key, { flag, is }]) => {
    const value = flags[flag];
    return value === undefined || value === false ? [] : [[key, readDefault({ flag, is }, value, parse)] as const];
  });
  return Object.fromEntries(given);
}

function readDefault({ flag, is }: DefaultFlag, value: string | true, parse: Parse): unknown {
  if (value === true || is === 'text' || is === 'switch') return value;
  if (is === 'object') return toObject(`--${flag}`, value, parse);
  return toNumber(`--${flag}`, value, is === 'whole' ? { min: 0, max: U32_MAX, whole: true } : {});
}

function toObject(flag: string, text: string, parse: Parse): Fields {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    value = undefined; // named below, like any other value that is no object
  }
  if (!isObject(value)) throw new WorkerError('cli.usage', `${flag} is ${quoted(text)}; allowed: a JSON object`);
  return value;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
